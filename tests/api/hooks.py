"""What a sync's body is made of: JSON lines under zstd, written by hand as uncompressed blocks."""

import base64
import json
import struct
import uuid

import schemathesis
from hypothesis import strategies as st

# Raw blocks hold at most 128 KiB, and no body here is near that.
MAGIC, ONE_SEGMENT_8_BYTES = b"\x28\xb5\x2f\xfd", b"\xe0"


def frame(text: bytes) -> bytes:
    """One zstd frame with one raw block."""
    block = struct.pack("<I", (len(text) << 3) | 1)[:3]
    return MAGIC + ONE_SEGMENT_8_BYTES + struct.pack("<Q", len(text)) + block + text


ids = st.integers(min_value=0, max_value=2**80).map(
    lambda n: str(uuid.UUID(int=(0x019A << 112) | (7 << 76) | (2 << 62) | (n & (2**60 - 1))))
)
values = st.one_of(st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.text(max_size=40))
changes = st.fixed_dictionaries(
    {"id": ids},
    optional={
        "record": ids,
        "kind": st.sampled_from(["person", "phone", "case", "visit", "assignment", "staff", "zeppelin"]),
        "person": ids,
        "op": st.sampled_from(["create", "amend", "void", "fold"]),
        "author": ids,
        "device": ids,
        "stamp": st.integers(0, 2**63),
        "happened_at": st.integers(-(2**45), 2**45),
        "reason": st.text(max_size=40),
        "fields": st.dictionaries(st.sampled_from(["number", "first_name", "note"]), st.fixed_dictionaries({"v": values})),
    },
)
hand_overs = st.fixed_dictionaries(
    {"id": ids, "person": ids, "what": st.sampled_from(["refused", "draft"]), "body": st.dictionaries(st.text(max_size=9), values)}
)
settles = st.fixed_dictionaries({"id": ids}, optional={"d": ids})


def text_of(size, repeated=1):
    """Bytes of so many, as often as is drawn, in base64url."""
    encoded = lambda block: base64.urlsafe_b64encode(block).decode().rstrip("=")
    times = st.integers(0, repeated) if repeated > 1 else st.just(1)
    return st.builds(lambda block, n: encoded(block * n), st.binary(min_size=size, max_size=size), times)


# None of these is the county's own word, which only it can say: proofs that prove nothing, copies that do not open.
proofs = st.fixed_dictionaries({"s": text_of(64), "l": text_of(32, 5)})
offered = st.fixed_dictionaries(
    {"c": changes, "t": st.integers(0, 2**64 - 1), "f": st.integers(0, 2), "i": st.integers(0, 5)}
)
copies = st.fixed_dictionaries({"id": ids, "sealed": st.one_of(text_of(80, 9), st.text(max_size=20))})


def named(letter, lines):
    return lines.map(lambda line: {letter: line})


pushed = st.one_of(named("c", changes), named("h", hand_overs), named("s", settles))
offers = st.one_of(named("p", proofs), named("o", offered), named("y", copies))


def offering(*steps):
    """An offer; the county was restored once, so it counts its second epoch."""
    return st.fixed_dictionaries({"epoch": st.sampled_from([2, 2, 2, 1, 3]), "step": st.sampled_from(steps)})


def hellos(**more):
    """First lines, with what else must be in them."""
    return st.fixed_dictionaries(
        {"v": st.just(1), "app": st.text(max_size=20), "now": st.integers(-(2**50), 2**50), **more},
        optional={
            "token": st.text(max_size=60),
            "unsent": st.integers(0, 2**32 - 1),
            "forgot": st.lists(
                st.fixed_dictionaries({"person": ids, "objects": st.integers(0, 2**32 - 1)}), max_size=3
            ),
            "compare": st.lists(
                st.fixed_dictionaries({"p": ids, "o": st.integers(0, 255), "d": st.text(max_size=33)}), max_size=3
            ),
        },
    )


def body(hello, rest) -> bytes:
    return frame("\n".join(json.dumps(line) for line in [hello, *rest]).encode())


# What is offered comes with the step that says so; anything may be pushed with the others.
syncs = st.one_of(
    st.builds(body, hellos(), st.lists(pushed, max_size=6)),
    st.builds(body, hellos(offer=offering("compare", "whole")), st.lists(pushed, max_size=2)),
    st.builds(body, hellos(offer=offering("changes")), st.lists(st.one_of(pushed, offers, offers), max_size=6)),
)
schemathesis.openapi.media_type("application/zstd", syncs)
