//! How long it takes to read pages and to check them: pure, from the text to the remarks.
//!
//! `cargo bench --bench read`. The aim: 500 pages in 100 ms. The pages are fictional ads of three to
//! ten thousand bytes in six languages. Told are the first round, in which patterns are still made,
//! and the best of the later ones.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use handbill::check::tariff::Tariffs;
use handbill::check::{self, Around, StructuredData};
use handbill::diagnostic::Source;
use handbill::posting::{self, PageFile, Settings};
use rustix::time::{ClockId, clock_gettime};

const PAGES: usize = 500;
const ROUNDS: usize = 10;

fn main() {
    if std::env::args().any(|it| it == "--list") {
        println!("read: benchmark");
        return;
    }
    let settings = settings();
    let files: Vec<PageFile> = (0..PAGES).map(file).collect();
    let bytes: usize = files.iter().map(|file| file.source.text.len()).sum();
    println!("read: {PAGES} pages of {} bytes on average", bytes / PAGES);
    let first = round(&files, &settings);
    println!("read: {} postings, {} remarks", first.postings, first.remarks);
    told("first round", &first);
    let rounds: Vec<Round> = (1..ROUNDS).map(|_| round(&files, &settings)).collect();
    if let Some(best) = rounds.iter().min_by_key(|round| round.processor) {
        told("best later", best);
    }
}

/// What a round found and took.
struct Round {
    postings: usize,
    remarks: usize,
    time: Duration,
    processor: Duration,
}

fn round(files: &[PageFile], settings: &Settings) -> Round {
    let tariffs = Tariffs::with([]);
    let around = Around {
        today: NaiveDate::from_ymd_opt(2027, 1, 11).expect("a day"),
        timezone: settings.timezone,
        languages: &settings.languages,
        structured_data: StructuredData::NotByUs,
        channels: &[],
        tariffs: &tariffs,
    };
    let (mut postings, mut remarks) = (0, 0);
    let (time, processor) = (Instant::now(), processor_time());
    for file in files {
        let reading = black_box(posting::read(file, settings));
        remarks += reading.diagnostics.len();
        for posting in &reading.postings {
            postings += 1;
            remarks += black_box(check::posting(posting, &around)).len();
        }
    }
    Round { postings, remarks, time: time.elapsed(), processor: processor_time() - processor }
}

fn told(name: &str, round: &Round) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let (time, processor) = (milliseconds(round.time), milliseconds(round.processor));
    println!("read: {name:<12} {time:7.1} ms, {processor:7.1} ms of processor time");
}

/// What the processor has done for this process so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("time goes forward")
}

fn settings() -> Settings {
    Settings {
        base_url: "https://tidal.example/".parse().expect("an address"),
        timezone: chrono_tz::Europe::Berlin,
        default_language: "en".to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        default_language_in_folder: false,
        permalinks: BTreeMap::new(),
        defaults: BTreeMap::new(),
    }
}

fn file(number: usize) -> PageFile {
    let path = format!("jobs/tides-{number}/index.md");
    let source = Source::new(format!("content/{path}"), page(number));
    PageFile { source, path, ancestors: Vec::new() }
}

/// An ad: every second one in English, the others in the languages in turn.
fn page(number: usize) -> String {
    let ad =
        if number.is_multiple_of(2) { &ADS[0] } else { &ADS[1 + number / 2 % (ADS.len() - 1)] };
    let (day, month) = (1 + number % 28, 1 + number % 12);
    let filled = |text: &str| {
        text.replace("NUMBER", &number.to_string())
            .replace("DAY", &day.to_string())
            .replace("MONTH", &format!("{month:02}"))
    };
    let mut page = format!(
        "---\ntitle: \"{}\"\ndate: 2027-01-{:02}\ntags: [tides, jobs]\n---\n\n{}\n\n",
        filled(ad.title),
        1 + number % 10,
        filled(ad.offer)
    );
    let length = 3000 + number * 37 % 7000;
    for (round, passage) in ad.prose.iter().cycle().enumerate() {
        if page.len() >= length {
            break;
        }
        // Writing to a string cannot fail.
        let _ = match round % 4 {
            0 => write!(page, "## {}\n\n{passage}\n\n", ad.headings[round / 4 % ad.headings.len()]),
            3 => writeln!(page, "{}", listed(passage)),
            _ => write!(page, "{passage}\n\n"),
        };
    }
    page + &filled(ad.end)
}

/// The sentences of a passage as a list, with the first words of each in bold.
fn listed(passage: &str) -> String {
    let sentences = passage.split_inclusive(". ").map(|sentence| {
        let (first, rest) = sentence.split_once(' ').unwrap_or((sentence, ""));
        format!("- **{first}** {}\n", rest.trim_end())
    });
    sentences.collect()
}

/// A fictional ad and the prose that fills it.
struct Ad {
    title: &'static str,
    offer: &'static str,
    headings: [&'static str; 3],
    prose: [&'static str; 5],
    end: &'static str,
}

const ADS: [Ad; 6] = [
    Ad {
        title: "TEL/NUMBER/27: PhD position in Tidal Ecology (m/f/d)",
        offer: "A **PhD position (TV-L E13, 75 %)** is available at the Tidal Ecology (TEL) Lab, headed by \
                Prof. Dr. Ada Brine, in the Department of Tides of the University of Seahaven, starting \
                DAY October 2027. The position is initially limited to three years.",
        headings: ["About us", "Your tasks", "What we offer"],
        prose: [
            "We study how mudflats breathe: what the tide brings, what it takes away, and who lives \
             from both. Our group combines field work on the coast, long series of measurements from \
             buoys and drones, and models that run on the computers of the university. Since 2011 we \
             have followed forty stations, of which 37 % lie in waters that fall dry twice a day.",
            "You will plan and lead campaigns at sea, evaluate the data together with two postdocs, and \
             publish the results in journals of the field. You will present them at conferences in \
             Europe and beyond. Teaching of up to two hours a week is part of the work. The programs \
             that you write are open, and so are the data of the project.",
            "You hold a degree in biology, oceanography, physics or a related subject, and enjoy being \
             outside when the weather is not kind. You write programs in R, Python or Julia. You speak \
             English well; German can be learnt here, and courses are paid for. A driving licence and \
             experience on boats are welcome, but we gladly teach you both.",
            "We offer flexible hours, thirty days of holiday, a ticket for the buses of the region, and \
             a kindergarten on the campus. The Graduate School of the Coast gives courses in writing, \
             statistics and leadership. Travel to two conferences a year is funded. Part of the work \
             can be done from home. There is a pension scheme and a choir.",
            "The university aims to raise the share of women in science and asks them to apply. People \
             with severe disabilities are preferred if they are equally qualified. More than 4,500 \
             people from 61 countries work here. Interviews are held in person or by video, as you \
             like; the costs of travel cannot be refunded, for which we apologise.",
        ],
        end: "## Contact\n\nPlease send your application with the names of two referees by DAY March 2027, \
              quoting the reference number TEL/NUMBER/27, to [Prof. Dr. Ada \
              Brine](mailto:ada.brine@seahaven.example), or apply [online](https://jobs.seahaven.example/NUMBER).\n",
    },
    Ad {
        title: "Wissenschaftliche*r Mitarbeiter*in für Küstenforschung (m/w/d)",
        offer: "Am Institut für Küstenforschung der Universität Seehafen ist zum 01.MONTH.2028 eine Stelle als \
                wissenschaftliche*r Mitarbeiter*in (Entgeltgruppe 13 TV-L, 65 %) zu besetzen, zunächst \
                befristet auf drei Jahre. Kennziffer NUMBER/27.",
        headings: ["Über uns", "Ihre Aufgaben", "Wir bieten"],
        prose: [
            "Wir erforschen, wie das Watt atmet: was die Flut bringt, was sie nimmt und wer von beidem \
             lebt. Unsere Arbeitsgruppe verbindet Messungen auf See mit Modellen, die auf den Rechnern \
             der Universität laufen. Seit 2011 begleiten wir vierzig Stationen, von denen 37 % zweimal \
             am Tag trockenfallen. Gemeinsam mit Behörden und Vereinen schützen wir die Küste.",
            "Sie planen und leiten Messfahrten, werten die Daten zusammen mit zwei Kolleginnen aus und \
             veröffentlichen die Ergebnisse in Fachzeitschriften. Sie stellen sie auf Tagungen in \
             Europa und Übersee vor. Lehre im Umfang von zwei Stunden je Woche gehört dazu. Die \
             Möglichkeit zur Promotion ist gegeben und wird ausdrücklich gefördert.",
            "Sie haben ein Studium der Biologie, Ozeanographie, Physik oder eines verwandten Faches \
             abgeschlossen und sind gern draußen, auch wenn das Wetter nicht freundlich ist. Sie \
             schreiben Programme in R, Python oder Julia. Gute Kenntnisse der englischen Sprache \
             setzen wir voraus; Erfahrung auf Booten ist erwünscht, aber nicht nötig.",
            "Freuen Sie sich auf flexible Arbeitszeiten, dreißig Tage Urlaub, eine Fahrkarte für die \
             Busse der Region und eine Kindertagesstätte auf dem Gelände. Die Graduiertenschule bietet \
             Kurse im Schreiben, in Statistik und Führung. Zwei Reisen zu Tagungen werden jährlich \
             bezahlt. Ein Teil der Arbeit kann von zu Hause erledigt werden.",
            "Die Universität strebt an, den Anteil der Frauen in der Wissenschaft zu erhöhen, und \
             fordert sie auf, sich zu bewerben. Schwerbehinderte Menschen werden bei gleicher Eignung \
             bevorzugt eingestellt. Über 4500 Menschen aus 61 Ländern arbeiten hier. Kosten, die durch \
             das Verfahren entstehen, können leider nicht übernommen werden.",
        ],
        end: "## Bewerbung\n\nBitte bewerben Sie sich bis zum DAY. März 2027 unter Angabe der Kennziffer NUMBER/27 \
              [online](https://stellen.seehafen.example/NUMBER) oder bei Frau Dr. Grete Salz, grete.salz [at] \
              seehafen [dot] example. Bewerbungsfrist: DAY.03.2027.\n",
    },
    Ad {
        title: "Doctorant(e) en écologie des marées NUMBER",
        offer: "L'équipe Marées Profondes de l'Université de Port-Salé recrute une doctorante ou un doctorant \
                pour une durée de 36 mois, à partir du DAY octobre 2027.",
        headings: ["L'équipe", "Missions", "Profil recherché"],
        prose: [
            "Nous étudions comment respire l'estran : ce que la marée apporte, ce qu'elle emporte, et qui \
             vit de l'un et de l'autre. L'équipe associe le travail de terrain sur la côte, de longues \
             séries de mesures et des modèles numériques. Depuis 2011, nous suivons quarante stations, \
             dont 37 % se découvrent deux fois par jour.",
            "Vous préparerez et conduirez des campagnes en mer, vous analyserez les données avec deux \
             chercheurs de l'équipe, et vous publierez les résultats dans des revues du domaine. Vous les \
             présenterez lors de congrès en Europe et ailleurs. Un enseignement de deux heures par \
             semaine est possible. Les programmes et les données du projet sont ouverts.",
            "Vous êtes titulaire d'un master en biologie, en océanographie, en physique ou dans une \
             discipline voisine, et vous aimez être dehors même quand le temps n'est pas clément. Vous \
             programmez en R, en Python ou en Julia. Un bon niveau d'anglais est demandé ; l'expérience \
             des bateaux est un atout, mais nous vous apprendrons volontiers.",
            "Nous offrons des horaires souples, une cantine, une crèche sur le campus et un abonnement \
             aux autobus de la région. L'école doctorale propose des cours d'écriture, de statistique et \
             d'encadrement. Deux congrès par an sont pris en charge. Une partie du travail peut se faire \
             à la maison, et une chorale vous attend.",
            "L'université souhaite accroître la part des femmes dans la recherche et les invite à se \
             présenter. Les personnes en situation de handicap sont les bienvenues. Plus de 4 500 \
             personnes de 61 pays travaillent ici. Les entretiens ont lieu sur place ou à distance, \
             comme vous préférez.",
        ],
        end: "## Candidature\n\nEnvoyez votre dossier avant le DAY mars 2027 à Mme Odile Grève, \
              odile.greve@port-sale.example. Date limite : DAY/03/2027. [Postuler en \
              ligne](https://emplois.port-sale.example/NUMBER)\n",
    },
    Ad {
        title: "Contrato predoctoral en ecología de mareas NUMBER",
        offer: "El grupo Mareas Profundas de la Universidad de Puerto Salado busca una persona para un contrato \
                de 48 meses, con fecha de inicio el DAY de octubre de 2027.",
        headings: ["Quiénes somos", "Tareas", "Ofrecemos"],
        prose: [
            "Estudiamos cómo respira la marisma: qué trae la marea, qué se lleva y quién vive de ambas \
             cosas. El grupo une el trabajo de campo en la costa, largas series de medidas y modelos \
             numéricos. Desde 2011 seguimos cuarenta estaciones, de las que el 37 % queda al descubierto \
             dos veces al día. Colaboramos con asociaciones que protegen la costa.",
            "La persona elegida preparará y dirigirá campañas en el mar, analizará los datos con dos \
             investigadoras del grupo y publicará los resultados en revistas del campo. Los presentará en \
             congresos de Europa y de otros lugares. Podrá dar clase dos horas por semana. Los programas \
             y los datos del proyecto son abiertos.",
            "Buscamos a alguien con un máster en biología, oceanografía, física o una materia cercana, a \
             quien le guste estar fuera aunque el tiempo no acompañe. Se programa en R, Python o Julia. \
             Se pide un buen nivel de inglés; la experiencia en barcos es bienvenida, pero aquí también \
             se aprende, y con gusto.",
            "Hay horarios flexibles, comedor, guardería en el campus y un abono para los autobuses de la \
             región. La escuela de doctorado ofrece cursos de escritura, estadística y dirección. Se \
             pagan dos congresos al año. Una parte del trabajo puede hacerse en casa, y tenemos un coro \
             que ensaya los jueves.",
            "La universidad quiere aumentar la presencia de mujeres en la ciencia y las anima a \
             presentarse. Las personas con discapacidad son bienvenidas. Más de 4500 personas de 61 \
             países trabajan aquí. Las entrevistas se hacen en persona o a distancia, como se prefiera.",
        ],
        end: "## Solicitudes\n\nEnvíe su solicitud antes del DAY de marzo de 2027 a la Dra. Marina Ola, \
              marina.ola@puerto-salado.example. Fecha límite: DAY/03/2027. [Inscripción en \
              línea](https://empleo.puerto-salado.example/NUMBER)\n",
    },
    Ad {
        title: "Borsa di dottorato in ecologia delle maree NUMBER",
        offer: "Il Dipartimento di Maree dell'Università di Porto Salato cerca una persona per un assegno della \
                durata di 36 mesi, con inizio il DAY ottobre 2027.",
        headings: ["Chi siamo", "Attività", "Cosa offriamo"],
        prose: [
            "Studiamo come respira la laguna: che cosa porta la marea, che cosa si riprende e chi vive \
             dell'uno e dell'altro. Il gruppo unisce il lavoro sul campo lungo la costa, lunghe serie di \
             misure e modelli numerici. Dal 2011 seguiamo quaranta stazioni, delle quali il 37 % resta \
             all'asciutto due volte al giorno.",
            "La persona scelta preparerà e guiderà campagne in mare, analizzerà i dati con due \
             ricercatrici del gruppo e pubblicherà i risultati nelle riviste del settore. Li presenterà a \
             convegni in Europa e altrove. Potrà insegnare due ore alla settimana. I programmi e i dati \
             del progetto sono aperti a tutti.",
            "Cerchiamo chi ha una laurea magistrale in biologia, oceanografia, fisica o in una materia \
             vicina, e ama stare all'aperto anche quando il tempo non è gentile. Si programma in R, \
             Python o Julia. Si chiede una buona conoscenza dell'inglese; l'esperienza in barca è \
             gradita, ma si impara anche qui.",
            "Ci sono orari flessibili, una mensa, un asilo nel campus e un abbonamento per gli autobus \
             della regione. La scuola di dottorato offre corsi di scrittura, di statistica e di \
             gestione. Due convegni all'anno sono pagati. Una parte del lavoro può essere svolta a casa, \
             e il coro prova ogni giovedì.",
            "L'università vuole aumentare la presenza delle donne nella scienza e le invita a presentarsi. \
             Le persone con disabilità sono benvenute. Più di 4500 persone di 61 paesi lavorano qui. I \
             colloqui si tengono di persona o a distanza, come si preferisce.",
        ],
        end: "## Candidature\n\nInviare la domanda entro il DAY marzo 2027 alla dott.ssa Marina Onda, \
              marina.onda@porto-salato.example. Scadenza: DAY/03/2027. [Domanda \
              online](https://lavoro.porto-salato.example/NUMBER)\n",
    },
    Ad {
        title: "Promovendus getijdenecologie NUMBER",
        offer: "De onderzoeksgroep Diepe Getijden van de Universiteit Zouthaven zoekt een promovendus voor de duur \
                van vier jaar, met ingang van DAY oktober 2027.",
        headings: ["Wie wij zijn", "Taken", "Wij bieden"],
        prose: [
            "Wij onderzoeken hoe het wad ademt: wat het getij brengt, wat het meeneemt en wie van beide \
             leeft. De groep verbindt veldwerk aan de kust met lange meetreeksen en modellen die op de \
             computers van de universiteit draaien. Sinds 2011 volgen we veertig stations, waarvan 37 % \
             twee keer per dag droogvalt.",
            "Je bereidt meetcampagnes op zee voor en leidt ze, je verwerkt de gegevens samen met twee \
             collega's en je publiceert de uitkomsten in vakbladen. Je vertelt erover op congressen in \
             Europa en daarbuiten. Twee uur per week onderwijs hoort erbij. De programma's en de gegevens \
             van het project zijn open.",
            "Je hebt een master in de biologie, oceanografie, natuurkunde of een verwant vak, en je bent \
             graag buiten, ook als het weer niet meezit. Je programmeert in R, Python of Julia. Je \
             spreekt goed Engels; ervaring op boten is welkom, maar we leren het je ook graag zelf.",
            "Er zijn flexibele werktijden, een kantine, kinderopvang op de campus en een abonnement voor \
             de bussen in de regio. De onderzoeksschool geeft cursussen in schrijven, statistiek en \
             leidinggeven. Twee congressen per jaar worden betaald. Een deel van het werk kan thuis, en \
             op donderdag zingt het koor.",
            "De universiteit wil het aandeel vrouwen in de wetenschap vergroten en nodigt hen uit zich te \
             melden. Mensen met een beperking zijn welkom. Meer dan 4500 mensen uit 61 landen werken \
             hier. Gesprekken vinden plaats op kantoor of op afstand, wat je maar wilt.",
        ],
        end: "## Solliciteren\n\nStuur je brief voor DAY maart 2027 naar dr. Mieke Zilt, \
              mieke.zilt@zouthaven.example. Sluitingsdatum: DAY maart 2027. [Solliciteer \
              hier](https://werk.zouthaven.example/NUMBER)\n",
    },
];
