//! Files that are damaged, hostile or something else.

mod support;

use std::cell::Cell;
use std::io::{self, BufReader, Read as _};

use exchange::nemsis::{Limits, Problem, ReportOutcome, read_reports};
use support::{Read, fixture_text, read};

fn code(bytes: &[u8]) -> &'static str {
    read(bytes).result.expect_err("the file is bad").code
}

/// The code of the first problem of the only report, after a replacement in a good file.
fn fault(find: &str, put: &str) -> (&'static str, &'static str) {
    let text = fixture_text("meets_reachable.xml");
    assert!(text.contains(find), "{find}");
    let Read { valid, invalid, result } = read(text.replacen(find, put, 1).as_bytes());
    assert!(valid.is_empty() && result.is_ok(), "{put}: {result:?}");
    (invalid[0][0].code, invalid[0][0].element)
}

#[test]
fn what_is_no_nemsis_file_says_so() {
    assert_eq!(code(b""), "not_xml");
    assert_eq!(code(b"  \n "), "not_xml");
    assert_eq!(code(b"{\"reports\": []}"), "not_xml");
    assert_eq!(code(b"PK\x03\x04\x14\x00"), "not_xml");
    assert_eq!(code(b"\xff\xfe<\x00?\x00x\x00"), "not_utf8");
    assert_eq!(code(b"<html><body>Not found</body></html>"), "wrong_root");
    assert_eq!(code(b"<DEMDataSet xmlns='http://www.nemsis.org'/>"), "wrong_root");
    assert_eq!(code(b"<EMSDataSet/>"), "wrong_namespace");
    assert_eq!(code(b"<EMSDataSet xmlns='http://www.nemsis.org'/>"), "no_reports");
    let good = fixture_text("no.xml");
    assert_eq!(
        code(good.replace("http://www.nemsis.org\"", "http://example.org\"").as_bytes()),
        "wrong_namespace"
    );
    assert_eq!(code(good.replace("/3.5.1.250403CP1/", "/release-3.4.0/").as_bytes()), "wrong_version");
    assert_eq!(code(good.replace("encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"").as_bytes()), "not_utf8");
}

#[test]
fn harmless_variations_are_read() {
    let good = fixture_text("meets_reachable.xml");
    let variations = [
        ("byte order mark", format!("\u{feff}{good}")),
        ("line ends", good.replace('\n', "\r\n")),
        ("no line ends", good.replace('\n', "")),
        ("3.5.0", good.replace("3.5.1.250403CP1", "release-3.5.0")),
        (
            "no version",
            good.replace("https://nemsis.org/media/nemsis_v3/3.5.1.250403CP1/XSDs/NEMSIS_XSDs/", ""),
        ),
        (
            "prefixed names",
            good.replace("xmlns=", "xmlns:n=")
                .replace("</", "\u{1}")
                .replace('<', "<n:")
                .replace('\u{1}', "</n:")
                .replace("<n:?", "<?")
                .replace("<n:!", "<!"),
        ),
        (
            "numbered characters",
            good.replace("<ePatient.02>N", "<ePatient.02>&#78;").replace("Rosa", "R&#x6f;sa"),
        ),
        ("text as it is", good.replace("<ePatient.02>Núñez", "<ePatient.02><![CDATA[Núñez]]>")),
    ];
    for (name, text) in variations {
        let read = read(text.as_bytes());
        assert_eq!(read.invalid, Vec::<Vec<Problem>>::new(), "{name}");
        assert!(read.result.is_ok(), "{name}: {:?}", read.result);
        assert_eq!(read.valid[0].person.last_name.as_deref(), Some("Núñez"), "{name}");
        assert_eq!(read.valid[0].person.first_name.as_deref(), Some("Rosa"), "{name}");
    }
}

#[test]
fn before_the_damage_counts_and_the_rest_is_told_with_its_line() {
    let text = fixture_text("two_survivors.xml");
    let second = text.find("1c06\">").unwrap();
    let line = 1 + text[..second].matches('\n').count() as u64;

    let cut = read(&text.as_bytes()[..second + 900]);
    assert_eq!(cut.valid.len(), 1);
    let problem = cut.result.unwrap_err();
    assert!(problem.code == "truncated" && problem.line > line, "{problem:?}");

    let damaged = format!("{}<oops<{}", &text[..second + 6], &text[second + 6..]);
    let damaged = read(damaged.as_bytes());
    assert_eq!(damaged.valid.len(), 1);
    assert_eq!(damaged.result.map_err(|it| (it.code, it.line)), Err(("not_well_formed", line)));

    let mut latin = text.into_bytes();
    latin[second - 30] = 0xe9;
    let latin = read(&latin);
    assert_eq!(
        (latin.valid.len(), latin.result.map_err(|it| (it.code, it.line))),
        (1, Err(("not_utf8", line)))
    );
}

#[test]
fn entities_are_never_expanded() {
    let mut laughs = String::from("<?xml version=\"1.0\"?><!DOCTYPE EMSDataSet [<!ENTITY a0 \"ha\">");
    for level in 1..30 {
        laughs += &format!("<!ENTITY a{level} \"&a{0};&a{0};\">", level - 1);
    }
    laughs += "]><EMSDataSet xmlns='http://www.nemsis.org'>&a29;</EMSDataSet>";
    assert_eq!(code(laughs.as_bytes()), "doctype_refused");
    let outside =
        "<!DOCTYPE EMSDataSet SYSTEM \"file:///etc/passwd\"><EMSDataSet xmlns='http://www.nemsis.org'/>";
    assert_eq!(code(outside.as_bytes()), "doctype_refused");
    let good = fixture_text("no.xml");
    assert_eq!(code(good.replace("Fell in", "&lol; in").as_bytes()), "unknown_entity");
    assert_eq!(code(good.replace("Fell in", "&#0; in").as_bytes()), "not_well_formed");
    assert_eq!(code(good.replace("Fell in", "\u{1} in").as_bytes()), "not_well_formed");
    assert_eq!(code(good.replace("NV=\"7701001\"", "NV=\"&lol;\"").as_bytes()), "not_well_formed");
}

#[test]
fn a_report_out_of_the_table_is_refused_with_its_element() {
    assert_eq!(
        fault("PatientCareReport UUID=\"5d", "PatientCareReport UUID=\"xx"),
        ("wrong_attribute", "PatientCareReport")
    );
    assert_eq!(fault("<eSituation.13>2813001<", "<eSituation.13>2813002<"), ("wrong_code", "eSituation.13"));
    assert_eq!(fault(">910-555-0142<", ">9105550142<"), ("wrong_format", "ePatient.18"));
    assert_eq!(
        fault("PhoneNumberType=\"9913005\"", "PhoneNumberType=\"5\""),
        ("wrong_attribute", "ePatient.18")
    );
    assert_eq!(
        fault("PhoneNumberType=\"9913005\"", "Kind=\"9913005\""),
        ("unexpected_attribute", "ePatient.18")
    );
    assert_eq!(fault("<ePatient.15>36<", "<ePatient.15>136<"), ("wrong_number", "ePatient.15"));
    assert_eq!(fault("<ePatient.17>1990-02-03<", "<ePatient.17>1990-02-30<"), ("wrong_date", "ePatient.17"));
    assert_eq!(fault("<eRecord.01>PC-26-101<", "<eRecord.01>P<"), ("wrong_length", "eRecord.01"));
    assert_eq!(fault("<eRecord.01>PC-26-101<", "<eRecord.01><"), ("empty_value", "eRecord.01"));
    assert_eq!(fault("<eRecord.01>", "<eRecord.01 xsi:nil=\"true\">"), ("not_nillable", "eRecord.01"));
    assert_eq!(
        fault("<eSituation.13>", "<eSituation.13 xsi:nil=\"true\">"),
        ("nil_with_value", "eSituation.13")
    );
    assert_eq!(fault("<eSituation.13>", "<eSituation.13 xsi:nil=\"ja\">"), ("wrong_nil", "eSituation.13"));
    assert_eq!(
        fault("<eSituation.13>", "<eSituation.13 NV=\"7701005\">"),
        ("wrong_not_value", "eSituation.13")
    );
    assert_eq!(
        fault("<eSituation.13>", "<eSituation.13 PN=\"8801019\">"),
        ("wrong_pertinent_negative", "eSituation.13")
    );
    assert_eq!(
        fault("<eSituation.13>", "<eSituation.99/><eSituation.13>"),
        ("unexpected_element", "eSituation")
    );
    assert_eq!(
        fault("<eSituation.13>", "<ePatient.18/><eSituation.13>"),
        ("unexpected_element", "eSituation")
    );
    assert_eq!(fault("<eSituation.13>", "words<eSituation.13>"), ("unexpected_text", "eSituation"));
    assert_eq!(
        fault("<eSituation.13>", "<eSituation.13>2813001</eSituation.13><eSituation.13>"),
        ("repeated_element", "eSituation.13")
    );
    assert_eq!(fault("<eTimes>", "<eTimed/><eTimes>"), ("unexpected_element", "PatientCareReport"));
    assert_eq!(fault("<dAgency.02>0920101</dAgency.02>", ""), ("missing_element", "dAgency.02"));
    let agency = "</DemographicGroup>\n    <DemographicGroup><dAgency.02>1</dAgency.02></DemographicGroup>";
    assert_eq!(fault("</DemographicGroup>", agency), ("repeated_element", "DemographicGroup"));
    let long = format!("<eNarrative.01>{}", "x".repeat(10_001));
    assert_eq!(fault("<eNarrative.01>", &long), ("wrong_length", "eNarrative.01"));
    let longer = format!("<eNarrative.01>{}", "x".repeat(70_000));
    assert_eq!(fault("<eNarrative.01>", &longer), ("report_too_large", "PatientCareReport"));
    let many = "<eSituation.10>R06.81</eSituation.10>".repeat(20_001);
    assert_eq!(
        fault("<eSituation.10>", &format!("{many}<eSituation.10>")),
        ("report_too_large", "PatientCareReport")
    );
}

#[test]
fn problems_never_quote_the_file() {
    let text = fixture_text("meets_reachable.xml");
    let secret = text
        .replace("Núñez", &"Qx7Secret".repeat(9))
        .replace("910-555-0142", "Qx7Secret")
        .replace("<eSituation.13>", "<Qx7Secret Qx7Secret=\"Qx7Secret\"/><eSituation.13>");
    let read = read(secret.as_bytes());
    let shown = format!(
        "{:?} {:?}",
        read.invalid,
        read.invalid[0].iter().map(Problem::to_string).collect::<Vec<_>>()
    );
    assert!(read.invalid[0].len() >= 3 && !shown.contains("Qx7Secret"), "{shown}");
}

/// Bytes made while they are read: a file of any size that was never in memory.
fn endless(head: &str, fill: &'static [u8], bytes: u64) -> impl io::BufRead {
    struct Fill(&'static [u8], usize);
    impl io::Read for Fill {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            for byte in out.iter_mut() {
                *byte = self.0[self.1];
                self.1 = (self.1 + 1) % self.0.len();
            }
            Ok(out.len())
        }
    }
    BufReader::new(io::Cursor::new(head.to_owned()).chain(Fill(fill, 0).take(bytes)))
}

#[test]
fn huge_files_end_at_a_limit() {
    let root = "<EMSDataSet xmlns='http://www.nemsis.org'>";
    let hundred = 100 << 20;
    let cases: [(&str, &'static [u8], &str); 7] = [
        ("", b" ", "token_too_long"),
        (root, b"\n", "token_too_long"),
        ("<EMSDataSet ", b"a", "token_too_long"),
        ("<EMSDataSet ", b"a='1' ", "token_too_long"),
        ("<!--", b"-x", "token_too_long"),
        (root, b"<Header></Header>", "file_too_large"),
        (root, b"<x>", "too_deep"),
    ];
    for (head, fill, expected) in cases {
        // Smaller limits than in real life, so that the unoptimised test is quick.
        let limits = Limits { file_bytes: 2 << 20, token_bytes: 256 << 10, ..Limits::default() };
        let found = read_reports(endless(head, fill, hundred), &limits, &mut |_: ReportOutcome| ());
        assert_eq!(found.unwrap_err().code, expected, "{head}");
    }
    let attributes: String = (0..40).map(|number| format!(" a{number}='1'")).collect();
    assert_eq!(code(format!("<EMSDataSet{attributes}/>").as_bytes()), "too_many_attributes");
    let long = format!("<EMSDataSet a='{}'/>", "x".repeat(5_000));
    assert_eq!(code(long.as_bytes()), "too_many_attributes");
}

#[test]
fn a_broken_disk_is_told_apart_from_a_broken_file() {
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    let input = BufReader::new(io::Cursor::new("<EMSDataSet xmlns='http://www.nemsis.org'>").chain(Broken));
    let found = read_reports(input, &Limits::default(), &mut |_| ());
    assert_eq!(found.unwrap_err().code, "read_failed");
}

#[test]
fn every_report_is_handed_over_before_the_next_is_read() {
    /// Counts what was taken out of it.
    struct Counted<'c, R>(R, &'c Cell<u64>);
    impl<R: io::Read> io::Read for Counted<'_, R> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let amount = self.0.read(out)?;
            self.1.set(self.1.get() + amount as u64);
            Ok(amount)
        }
    }
    let text = fixture_text("no.xml");
    let (start, end) = (text.find("    <PatientCareReport").unwrap(), text.find("  </Header>").unwrap());
    let report = &text[start..end];
    let (taken, mut delivered) = (Cell::new(0), 0);
    let body = io::Cursor::new(format!("{}{}{}", &text[..start], report.repeat(20), &text[end..]));
    let input = BufReader::with_capacity(256, Counted(body, &taken));
    let summary = read_reports(input, &Limits::default(), &mut |outcome| {
        delivered += 1;
        let ReportOutcome::Valid(draft) = outcome else { panic!("{outcome:?}") };
        let lines = |text: &str| text.matches('\n').count();
        assert_eq!(draft.line as usize, 1 + lines(&text[..start]) + (delivered - 1) * lines(report));
        assert!(taken.get() as usize <= start + delivered * report.len() + 256, "read ahead");
    });
    assert_eq!(summary.map(|it| (it.valid, it.invalid)), Ok((20, 0)));
}
