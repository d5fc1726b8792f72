//! What the process refuses to give away about its memory, which holds keys and records while unlocked.

/// Applies everything below. Called first, before anything secret exists.
pub fn harden() {
    quiet_panics();
    #[cfg(target_os = "linux")]
    forbid_dumps();
}

/// A panic message may quote the value that caused it, and that value may be about a person. Only the place in
/// our code is written.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => eprintln!("Porchlight stopped at {}:{}", place.file(), place.line()),
        None => eprintln!("Porchlight stopped"),
    }));
}

/// No core file after a crash, and no other process of the same user may read this one's memory. A kernel that
/// refuses either leaves the app as usable as before, so failing is no reason not to start.
#[cfg(target_os = "linux")]
fn forbid_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if setrlimit(Resource::Core, none).is_err()
        || set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err()
    {
        eprintln!("Porchlight: this system does not let a program forbid memory dumps");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn a_hardened_process_leaves_no_dump() {
        super::forbid_dumps();
        let core = getrlimit(Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
