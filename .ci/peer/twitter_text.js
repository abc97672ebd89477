// What X's own library counts: one JSON string a line, one number a line.
const { parseTweet } = require('twitter-text');

const lines = require('readline').createInterface({ input: process.stdin });
lines.on('line', (line) => console.log(parseTweet(JSON.parse(line)).weightedLength));
