//! Which signs X counts together as one emoji.
//!
//! Every sign of an emoji weighs two by itself; what counts once is a sequence that X's library
//! knows: twemoji-parser 11.0.2 (npm, MIT), which twitter-text 3.1.0 asks. It knows those of Unicode
//! Emoji 11.0 (2018); later ones are counted sign by sign. The tables below were read off its
//! answers on 2026-11-27.

const JOINER: u32 = 0x200D;
const AS_EMOJI: u32 = 0xFE0F;
const KEYCAP: u32 = 0x20E3;
const BLACK_FLAG: u32 = 0x1F3F4;
const MAN: u32 = 0x1F468;
const WOMAN: u32 = 0x1F469;
const BOY: u32 = 0x1F466;
const GIRL: u32 = 0x1F467;
const HEART: u32 = 0x2764;
const KISS: u32 = 0x1F48B;

/// How many code points at the start of `rest` make one emoji; none where that is no more than one.
pub fn sequence(rest: &[u32]) -> Option<usize> {
    let first = *rest.first()?;
    if first < 0x80 {
        return keycap(rest);
    }
    // In the order in which the library looks: what is joined before what is not.
    role(rest)
        .or_else(|| gendered(rest))
        .or_else(|| family(rest))
        .or_else(|| joined(rest))
        .or_else(|| toned(rest))
        .or_else(|| (takes_variant(first) && rest.get(1) == Some(&AS_EMOJI)).then_some(2))
        .or_else(|| flag(rest))
}

fn keycap(rest: &[u32]) -> Option<usize> {
    let first = char::from_u32(*rest.first()?)?;
    let variant = usize::from(rest.get(1) == Some(&AS_EMOJI));
    (matches!(first, '0'..='9' | '#' | '*') && rest.get(1 + variant) == Some(&KEYCAP))
        .then_some(2 + variant)
}

fn is_tone(sign: u32) -> bool {
    (0x1F3FB..=0x1F3FF).contains(&sign)
}

fn tone_at(rest: &[u32], at: usize) -> usize {
    usize::from(rest.get(at).is_some_and(|sign| is_tone(*sign)))
}

/// A man or woman at work: `👩🏽‍🔬`.
fn role(rest: &[u32]) -> Option<usize> {
    let person = matches!(rest.first(), Some(&MAN | &WOMAN));
    let at = 1 + tone_at(rest, 1);
    if !person || rest.get(at) != Some(&JOINER) {
        return None;
    }
    match *rest.get(at + 1)? {
        0x2695 | 0x2696 | 0x2708 if rest.get(at + 2) == Some(&AS_EMOJI) => Some(at + 3),
        0x1F33E
        | 0x1F373
        | 0x1F393
        | 0x1F3A4
        | 0x1F3A8
        | 0x1F3EB
        | 0x1F3ED
        | 0x1F4BB
        | 0x1F4BC
        | 0x1F527
        | 0x1F52C
        | 0x1F680
        | 0x1F692
        | 0x1F9B0..=0x1F9B3 => Some(at + 2),
        _ => None,
    }
}

/// Somebody who does something, as a woman or a man: `🏃🏽‍♀️`.
fn gendered(rest: &[u32]) -> Option<usize> {
    let first = *rest.first()?;
    let tone = tone_at(rest, 1);
    let variant = usize::from(rest.get(1) == Some(&AS_EMOJI));
    let at = match first {
        0x26F9 | 0x1F3CB | 0x1F3CC | 0x1F574 | 0x1F575 if tone + variant == 1 => 2,
        0x1F3C3
        | 0x1F3C4
        | 0x1F3CA
        | 0x1F46E
        | 0x1F471
        | 0x1F473
        | 0x1F477
        | 0x1F481
        | 0x1F482
        | 0x1F486
        | 0x1F487
        | 0x1F645..=0x1F647
        | 0x1F64B
        | 0x1F64D
        | 0x1F64E
        | 0x1F6A3
        | 0x1F6B4..=0x1F6B6
        | 0x1F926
        | 0x1F935
        | 0x1F937..=0x1F939
        | 0x1F93D
        | 0x1F93E
        | 0x1F9B8
        | 0x1F9B9
        | 0x1F9D6..=0x1F9DD => 1 + tone,
        // These have no colour of skin.
        0x1F46F | 0x1F93C | 0x1F9DE | 0x1F9DF => 1,
        _ => return None,
    };
    let is_gendered = rest.get(at) == Some(&JOINER)
        && matches!(rest.get(at + 1), Some(0x2640 | 0x2642))
        && rest.get(at + 2) == Some(&AS_EMOJI);
    is_gendered.then_some(at + 3)
}

/// One or two parents with one or two children, or two people with a heart or a kiss between them.
fn family(rest: &[u32]) -> Option<usize> {
    let people: Vec<u32> = rest.iter().step_by(2).copied().take(4).collect();
    let first = *people.first().filter(|first| matches!(**first, MAN | WOMAN))?;
    let joined = |count: usize| {
        rest.len() > 2 * (count - 1)
            && rest.iter().skip(1).step_by(2).take(count - 1).all(|sign| *sign == JOINER)
    };
    let children = |from: usize| match (people.get(from), people.get(from + 1)) {
        (Some(&GIRL), Some(&GIRL | &BOY)) | (Some(&BOY), Some(&BOY)) if joined(from + 2) => {
            Some(from + 2)
        }
        (Some(&GIRL | &BOY), _) if joined(from + 1) => Some(from + 1),
        _ => None,
    };
    let pair = matches!((first, people.get(1)), (MAN, Some(&MAN | &WOMAN)) | (WOMAN, Some(&WOMAN)));
    let count = children(1).or_else(|| if pair { children(2) } else { None });
    count.map(|count| 2 * count - 1).or_else(|| couple(rest))
}

fn couple(rest: &[u32]) -> Option<usize> {
    let first = *rest.first()?;
    let other =
        |at: usize| rest.get(at) == Some(&MAN) || (first == WOMAN && rest.get(at) == Some(&WOMAN));
    if rest.get(1..5)? != [JOINER, HEART, AS_EMOJI, JOINER] {
        return None;
    }
    if rest.get(5) == Some(&KISS) && rest.get(6) == Some(&JOINER) && other(7) {
        return Some(8);
    }
    other(5).then_some(6)
}

/// Rainbow flag, pirate flag, eye in speech bubble.
fn joined(rest: &[u32]) -> Option<usize> {
    [
        &[0x1F3F3, AS_EMOJI, JOINER, 0x1F308][..],
        &[BLACK_FLAG, JOINER, 0x2620, AS_EMOJI],
        &[0x1F441, JOINER, 0x1F5E8],
    ]
    .into_iter()
    .find(|sequence| rest.starts_with(sequence))
    .map(<[u32]>::len)
}

/// A hand, a face or a person in a colour of skin.
fn toned(rest: &[u32]) -> Option<usize> {
    let first = *rest.first()?;
    let both_forms = matches!(
        first,
        0x261D
            | 0x26F7
            | 0x26F9
            | 0x270C
            | 0x270D
            | 0x1F3CB
            | 0x1F3CC
            | 0x1F574
            | 0x1F575
            | 0x1F590
    );
    let takes_tone = both_forms
        || matches!(
            first,
            0x270A | 0x270B | 0x1F385 | 0x1F3C2..=0x1F3C4 | 0x1F3C7 | 0x1F3CA | 0x1F442 | 0x1F443
                | 0x1F446..=0x1F450 | 0x1F466..=0x1F469 | 0x1F46E | 0x1F470..=0x1F478 | 0x1F47C
                | 0x1F481..=0x1F483 | 0x1F485..=0x1F487 | 0x1F4AA | 0x1F57A | 0x1F595 | 0x1F596
                | 0x1F645..=0x1F647 | 0x1F64B..=0x1F64F | 0x1F6A3 | 0x1F6B4..=0x1F6B6 | 0x1F6C0
                | 0x1F6CC | 0x1F918..=0x1F91C | 0x1F91E | 0x1F91F | 0x1F926 | 0x1F930..=0x1F939
                | 0x1F93D | 0x1F93E | 0x1F9B5 | 0x1F9B6 | 0x1F9B8 | 0x1F9B9 | 0x1F9D1..=0x1F9DD
        );
    let variant = usize::from(both_forms && rest.get(1) == Some(&AS_EMOJI));
    (takes_tone && tone_at(rest, 1 + variant) == 1).then_some(2 + variant)
}

/// Signs that are text or emoji, as the variation selector after them says.
fn takes_variant(sign: u32) -> bool {
    matches!(
        sign,
        0xA9 | 0xAE | 0x203C | 0x2049 | 0x2122 | 0x2139 | 0x2194..=0x2199 | 0x21A9 | 0x21AA | 0x231A
            | 0x231B | 0x2328 | 0x23CF | 0x23ED..=0x23EF | 0x23F1 | 0x23F2 | 0x23F8..=0x23FA | 0x24C2
            | 0x25AA | 0x25AB | 0x25B6 | 0x25C0 | 0x25FB..=0x25FE | 0x2600..=0x2604 | 0x260E | 0x2611
            | 0x2614 | 0x2615 | 0x2618 | 0x261D | 0x2620 | 0x2622 | 0x2623 | 0x2626 | 0x262A | 0x262E
            | 0x262F | 0x2638..=0x263A | 0x2640 | 0x2642 | 0x2648..=0x2653 | 0x265F | 0x2660 | 0x2663
            | 0x2665 | 0x2666 | 0x2668 | 0x267B | 0x267F | 0x2692..=0x2697 | 0x2699 | 0x269B | 0x269C
            | 0x26A0 | 0x26A1 | 0x26AA | 0x26AB | 0x26B0 | 0x26B1 | 0x26BD | 0x26BE | 0x26C4 | 0x26C5
            | 0x26C8 | 0x26CF | 0x26D1 | 0x26D3 | 0x26D4 | 0x26E9 | 0x26EA | 0x26F0..=0x26F5
            | 0x26F7..=0x26FA | 0x26FD | 0x2702 | 0x2708 | 0x2709 | 0x270C | 0x270D | 0x270F | 0x2712
            | 0x2714 | 0x2716 | 0x271D | 0x2721 | 0x2733 | 0x2734 | 0x2744 | 0x2747 | 0x2757 | 0x2763
            | 0x2764 | 0x27A1 | 0x2934 | 0x2935 | 0x2B05..=0x2B07 | 0x2B1B | 0x2B1C | 0x2B50 | 0x2B55
            | 0x3030 | 0x303D | 0x3297 | 0x3299 | 0x1F004 | 0x1F170 | 0x1F171 | 0x1F17E | 0x1F17F
            | 0x1F202 | 0x1F21A | 0x1F22F | 0x1F237 | 0x1F321 | 0x1F324..=0x1F32C | 0x1F336 | 0x1F37D
            | 0x1F396 | 0x1F397 | 0x1F399..=0x1F39B | 0x1F39E | 0x1F39F | 0x1F3CB..=0x1F3CE
            | 0x1F3D4..=0x1F3DF | 0x1F3F3 | 0x1F3F5 | 0x1F3F7 | 0x1F43F | 0x1F441 | 0x1F4FD | 0x1F549
            | 0x1F54A | 0x1F56F | 0x1F570 | 0x1F573..=0x1F579 | 0x1F587 | 0x1F58A..=0x1F58D | 0x1F590
            | 0x1F5A5 | 0x1F5A8 | 0x1F5B1 | 0x1F5B2 | 0x1F5BC | 0x1F5C2..=0x1F5C4
            | 0x1F5D1..=0x1F5D3 | 0x1F5DC..=0x1F5DE | 0x1F5E1 | 0x1F5E3 | 0x1F5E8 | 0x1F5EF | 0x1F5F3
            | 0x1F5FA | 0x1F6CB | 0x1F6CD..=0x1F6CF | 0x1F6E0..=0x1F6E5 | 0x1F6E9 | 0x1F6F0 | 0x1F6F3
    )
}

/// The flag of a country, or of England, Scotland or Wales.
fn flag(rest: &[u32]) -> Option<usize> {
    if rest.first() == Some(&BLACK_FLAG) {
        // Its letters are written as tags, and another tag ends them.
        let tags = |name: &str| {
            let letters = name.chars().map(|letter| 0xE0000 + u32::from(letter));
            letters.chain([0xE007F]).collect::<Vec<_>>()
        };
        return ["gbeng", "gbsct", "gbwls"]
            .into_iter()
            .find(|name| rest.get(1..7) == Some(&tags(name)[..]))
            .map(|_| 7);
    }
    let letter = |at: usize| {
        let letter = rest.get(at)?.checked_sub(0x1F1E6).filter(|letter| *letter < 26)?;
        char::from_u32(letter + u32::from('A'))
    };
    let country: String = [letter(0)?, letter(1)?].iter().collect();
    COUNTRIES.split(' ').any(|known| known == country).then_some(2)
}

const COUNTRIES: &str = "AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH \
    BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CR CU CV CW CX \
    CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET EU FI FJ FK FM FO FR GA GB GD GE GF GG GH GI \
    GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM \
    MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK \
    PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV \
    SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI \
    VN VU WF WS XK YE YT ZA ZM ZW";
