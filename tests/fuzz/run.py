"""Fuzz the wire: `PYTHONPATH=src:tests python tests/fuzz/run.py --inputs 10000000 --seconds 600`.

With `--atheris` (where that package is installed) inputs are guided by which code they reach; without,
seeds are mutated at random, which tries more of them. A finding is printed and kept in `found/`;
put it into `findings.json`, where `test_findings.py` tries it for ever.
"""

import argparse
import json
import random
import sys
import time
import traceback
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuzz.targets import Targets

HERE = Path(__file__).parent
TIDY_EVERY = 50_000
# What parsers stumble over: ends of ranges, other spellings, deep and long things.
TOKENS = (
    *(b"null", b"true", b"[]", b"{}", b'""', b"0", b"-1", b"-0", b"1e999", b"1e-999", b"0.1"),
    *(str(n).encode() for n in (2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64, 2**64 + 1, -(2**63))),
    *(b'"\\ud800"', b'"\\u0000"', b'"\\ufeff"', b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"),
    *(b'"2026-02-30"', b'"9999-12-31T23:59:59Z"', b'"0000-01-01"', b'"-1"', b"NaN", b"Infinity"),
    *(b"[" * 600, b'{"a":' * 300, b"a" * 3000, b"%" * 50, b"%00", b"%ff", b"%zz", b"\\", b'"'),
    *(b"http://[", b"http://[::1]:99999/", b"//", b"javascript:x", b"http://a@b:c", b"xn--a"),
    *(
        b'["is","page",["/"]]',
        b'["matches","page",["(("]]',
        b'["not",null]',
        b'{"from":"2026-01-01"}',
    ),
    *(b"=cmd|' /C calc'!A0", b"\r\nX: y", b"../../etc/passwd", b"' OR 1=1 --", b"<script>"),
)


class Mutator:
    """Makes an input of another: a few small changes, or two put together."""

    def __init__(self, seeds: list[bytes], draw: random.Random) -> None:
        self._seeds = seeds
        self._draw = draw

    def next(self) -> bytes:
        draw = self._draw
        body = bytearray(draw.choice(self._seeds))
        for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
            at = int(draw.random() * (len(body) + 1))
            kind = draw.random()
            if kind < 0.3:
                token = draw.choice(TOKENS)
                body[at : at + draw.choice((0, 0, 1, len(token)))] = token
            elif kind < 0.5 and body:
                body[at % len(body)] = int(draw.random() * 256)
            elif kind < 0.65:
                del body[at : at + int(draw.random() * 12)]
            elif kind < 0.8:
                other = draw.choice(self._seeds)
                start = int(draw.random() * len(other))
                body[at:at] = other[start : start + int(draw.random() * 60)]
            elif kind < 0.9:
                body[at:] = b""
            else:
                body = self._valued(body)
        return bytes(body)

    def _valued(self, body: bytearray) -> bytearray:
        """Another value where one stands after a colon."""
        places = [n for n, byte in enumerate(body) if byte == 0x3A]
        if not places:
            return body
        at = self._draw.choice(places) + 1
        end = at
        while end < len(body) and body[end] not in b",}]":
            end += 1
        body[at:end] = self._draw.choice(TOKENS)
        return body


def seeds_of(name: str) -> list[bytes]:
    """What a target is fed at first."""
    told = json.loads((HERE / "seeds.json").read_text("utf-8"))
    key = "events" if name == "gzip" else name
    return [one.encode() if isinstance(one, str) else json.dumps(one).encode() for one in told[key]]


def at_random(targets: "Targets", args: argparse.Namespace) -> tuple[Counter, dict]:
    """Try mutated seeds until there were enough, or the time is over."""
    from fuzz.targets import tried  # noqa: PLC0415

    draw = random.Random(args.seed)
    mutators = {name: Mutator(seeds_of(name), draw) for name in targets.all}
    names = [*targets.all, *["events"] * 5, *["query"] * 2]
    done, found = Counter(), {}
    end = time.monotonic() + args.seconds
    for number in range(args.inputs):
        name = draw.choice(names)
        body = mutators[name].next()
        if name == "gzip":
            body = packed(body, draw)
        try:
            tried(targets.all[name], body)
        except Exception as error:  # noqa: BLE001 - each is a finding
            keep(found, name, body, error)
        done[name] += 1
        if number % TIDY_EVERY == 0:
            targets.tidy()
            if time.monotonic() > end:
                break
    return done, found


def packed(body: bytes, draw: random.Random) -> bytes:
    """Gzip that is whole, cut off, or broken."""
    packer = zlib.compressobj(1, wbits=31)
    whole = bytearray(packer.compress(body) + packer.flush())
    if draw.random() < 0.3:
        whole[int(draw.random() * len(whole))] ^= 1 << int(draw.random() * 8)
    return bytes(whole[: int(draw.random() * len(whole))] if draw.random() < 0.2 else whole)


def keep(found: dict, name: str, body: bytes, error: Exception) -> None:
    """One finding for each place in the code."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = (name, type(error).__name__, last.filename, last.lineno)
    if place not in found or len(body) < len(found[place]):
        found[place] = body
        print(name, type(error).__name__, f"{last.filename}:{last.lineno}", body[:300], flush=True)


def guided(targets: "Targets", args: argparse.Namespace) -> None:
    """Have atheris find inputs that reach new code; it ends by itself, or at a finding."""
    import atheris  # noqa: PLC0415 - only where it is installed

    from fuzz.targets import tried  # noqa: PLC0415

    names = sorted(targets.all)
    done = 0

    def one(data: bytes) -> None:
        nonlocal done
        if data:
            tried(targets.all[names[data[0] % len(names)]], data[1:])
        done += 1
        if done % TIDY_EVERY == 0:
            targets.tidy()

    corpus = HERE / "found" / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(names):
        for number, seed in enumerate(seeds_of(name)):
            (corpus / f"{name}-{number}").write_bytes(bytes([index]) + seed)
    limits = [f"-runs={args.inputs}", f"-max_total_time={args.seconds}", "-max_len=4096"]
    atheris.Setup([sys.argv[0], str(corpus), *limits, f"-seed={args.seed}"], one)
    atheris.Fuzz()


def watched() -> "Targets":
    """The targets, with code that tells where it runs: so it must be told while it is imported."""
    import atheris  # noqa: PLC0415 - only where it is installed

    with atheris.instrument_imports(include=["liveinsight"]):
        return plain()


def plain() -> "Targets":
    """The targets as they are."""
    from fuzz.targets import Targets  # noqa: PLC0415 - see `watched`

    return Targets()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true")
    args = parser.parse_args()
    targets = watched() if args.atheris else plain()
    if args.atheris:
        guided(targets, args)
        return
    started = time.monotonic()
    done, found = at_random(targets, args)
    seconds = time.monotonic() - started
    print(f"{sum(done.values()):,} inputs in {seconds:.0f} s, {len(found)} findings: {dict(done)}")
    for (name, *_), body in found.items():
        print(json.dumps([name, body.decode("latin-1")]))


if __name__ == "__main__":
    main()
