//! Breaking inputs at random: bytes changed, pieces cut out, doubled, moved and mixed.

/// Random numbers that a seed repeats (splitmix64).
pub struct Random(u64);

/// What parsers stumble over.
const ODD: &[&str] = &[
    "\0",
    "\u{feff}",
    "\u{202e}",
    "\u{0301}",
    "👩‍🔬",
    "\r\n",
    "\r",
    "\t",
    "ÿ",
    "{{",
    "}}",
    "{%",
    "---\n",
    "+++\n",
    "```",
    "[",
    "]",
    "((((",
    "]]>",
    "<![CDATA[",
    "&#0;",
    "&#x110000;",
    "<a href='",
    "-->",
    "=?utf-8?q?",
    "?=",
    "99999999999999999999",
    "-1",
    "0",
    "1e999",
    "NaN",
    "2027-02-30",
    "24:00",
    "\\",
    "\"",
    "'",
    "%",
    "%00",
    "://",
    "RRULE:FREQ=SECONDLY",
    "Content-Transfer-Encoding: base64\n",
    "boundary=",
    "true",
    "null",
    "\u{ffff}",
];

/// No input is longer: what is longer only takes longer.
const LONGEST: usize = 32 * 1024;

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    /// A piece of `bytes`, mostly a short one.
    fn piece<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let longest = if self.below(4) == 0 { bytes.len() } else { 32 };
        let from = self.below(bytes.len());
        let until = (from + 1 + self.below(longest)).min(bytes.len());
        &bytes[from..until]
    }

    /// One of the seeds, broken at a few places.
    pub fn broken(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(8) {
            self.break_once(&mut bytes, seeds);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn break_once(&mut self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let until = (at + self.below(64)).min(bytes.len());
        match self.below(8) {
            0 if at < bytes.len() => bytes[at] = self.next().to_le_bytes()[0],
            1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            2 => drop(bytes.drain(at..until)),
            3 => {
                let piece = self.piece(bytes).to_vec();
                bytes.splice(at..at, piece);
            }
            4 => {
                let other = &seeds[self.below(seeds.len())];
                let piece = self.piece(other).to_vec();
                bytes.splice(at..until, piece);
            }
            5 => bytes.truncate(at),
            // Deep and long repetitions are what recursion and bad patterns meet.
            6 => {
                let piece = self.piece(bytes).to_vec();
                let times = 1 << self.below(11);
                bytes.splice(at..at, piece.repeat(times).into_iter().take(LONGEST));
            }
            _ => {
                let odd = ODD[self.below(ODD.len())];
                bytes.splice(at..until, odd.bytes());
            }
        }
    }
}

/// FNV-1a.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
