// A Bluesky PDS and the PLC directory in which its accounts' DIDs stand, both on 127.0.0.1.
// usage: node bluesky.js PACKAGES FOLDER PDS_PORT PLC_PORT; PACKAGES/node_modules holds @atproto/pds,
// @did-plc/server and @atproto/crypto, FOLDER takes what the PDS keeps.
'use strict';
const http = require('node:http');
const path = require('node:path');
const { createRequire } = require('node:module');

const [packages, folder, pdsPort, plcPort] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(packages), 'package.json'));
const pds = load('@atproto/pds');
const { Database, PlcServer } = load('@did-plc/server');
const { Secp256k1Keypair } = load('@atproto/crypto');

// Both call listen(port), which would be every interface of the machine.
const listen = http.Server.prototype.listen;
http.Server.prototype.listen = function (...given) {
  if (typeof given[0] === 'number' && typeof given[1] !== 'string') given.splice(1, 0, '127.0.0.1');
  return listen.apply(this, given);
};

async function main() {
  const directory = PlcServer.create({ db: Database.mock(), port: Number(plcPort) });
  await directory.start();
  const rotation = await Secp256k1Keypair.create({ exportable: true });
  const env = {
    devMode: true,
    hostname: 'localhost',
    port: Number(pdsPort),
    dataDirectory: path.join(folder, 'data'),
    blobstoreDiskLocation: path.join(folder, 'blobs'),
    didPlcUrl: `http://127.0.0.1:${plcPort}`,
    serviceHandleDomains: ['.test'],
    bskyAppViewUrl: 'http://127.0.0.1:1',
    bskyAppViewDid: 'did:web:nobody.test',
    inviteRequired: false,
    // Sessions are limited here too: a test has to get along with one.
    rateLimitsEnabled: true,
    jwtSecret: 'tidal-forecast',
    adminPassword: 'tidal-forecast',
    plcRotationKeyK256PrivateKeyHex: Buffer.from(await rotation.export()).toString('hex'),
  };
  const server = await pds.PDS.create(pds.envToCfg(env), pds.envToSecrets(env));
  await server.start();
  console.log('ready');
  const stop = async () => {
    await server.destroy();
    await directory.destroy();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
