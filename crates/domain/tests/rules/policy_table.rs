//! The authorization table once more, in its own letters, as the security plan prints it. [`super::policy`] compares
//! it with the program cell by cell, and works out every decision from it a second time.
//!
//! `R`ead `C`reate `U` amend `V`oid `X` disclose `A` assign or approve; `o` lead or partner, `s` shift, `t` team,
//! `a` agency, `c` county, `d` de-identified, `m` own acts, devices and requests; `+` a reader outside the serving team
//! needs consent, `2` a second approver. A cell is a list of grants: letters, a space, scopes; several with `;`.

use domain::policy::Object;

/// object | peer | EMS crew | clinician | supervisor | county admin | evaluator
pub const TABLE: &[(Object, &str)] = &[
    (Object::PersonIdentity, "RCU o    | RC o, s  | RU o    | RUV t      | -                | -"),
    (Object::Address, "       RCU o    | RCU o, s | R o     | RU t       | -                | -"),
    (Object::Case, "          RCU o    | RCU o, s | RC o    | RUV t      | -                | R d"),
    (Object::ReviewMark, "    R o      | R o      | R o     | RC t       | -                | -"),
    // Peer, EMS and clinician choose as author of a value or as lead, which is no row but `may_choose`.
    (Object::ConflictChoice, "-        | -        | -       | C t        | -                | -"),
    (Object::SafetyAlert, "   RCU o    | RC a     | RCU o   | RCUV t     | -                | -"),
    (Object::OverdoseEvent, " RC o     | RCU o, s | R o     | RUV t      | -                | R d"),
    (Object::Visit, "         RCU o    | RCU o, s | RC o    | RV t       | -                | R d"),
    (Object::PeerNote, "      RCU o    | -        | R o+    | R t        | -                | -"),
    (Object::Part2, "         RCU o+   | C s      | RCU o+  | R t+       | -                | R d"),
    (Object::Consent, "       RCV o    | -        | RCV o   | RCV t      | -                | -"),
    (Object::Assignment, "    R o      | R o, s   | R o     | RCUA t     | -                | -"),
    (Object::AggregateReport, "R o     | R a      | R t     | R t        | R c, d           | RX c, d"),
    (Object::IdentifiedExport, "X o+   | -        | X o+    | X t2       | A c              | -"),
    (Object::AuditLog, "      R m      | R m      | R m     | R t        | R c              | -"),
    (Object::User, "          -        | -        | -       | C t        | RCUV c           | -"),
    (Object::Device, "        RV m     | RV m     | RV m    | RV t       | RCUV c           | R m"),
    (Object::RecoveryCode, "  C m      | C m      | C m     | A t2       | A c2             | -"),
    (Object::Backup, "        -        | -        | -       | -          | RC c; A c2       | -"),
    (Object::Configuration, " R c      | R c      | R c     | R c        | R c; U c2        | R c"),
];
