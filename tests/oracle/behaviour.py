"""The oracle's funnels, journeys and returns: one visit after the other, one event after the other."""

from collections import Counter, defaultdict

from oracle import naive


def funnel(question, events, zone, now):
    """How many took each step after the one before."""
    everything = naive.happened(events)
    start, end = _span(question, everything, zone, now)
    units = defaultdict(list)
    for one in everything:
        inside = start <= one.event.time_ms < end
        if not inside or not naive.passes(one, question.get("filters")):
            continue
        if question.get("within") == "day":
            units[naive.local(one.event.time_ms, zone).date(), one.event.visitor].append(one)
        elif one.visit.start >= start:
            units[id(one.visit)].append(one)
    reached = Counter()
    for acts in units.values():
        acts.sort(key=lambda one: (one.event.time_ms, one.event.event_id))
        step = 0
        for one in acts:
            if step < len(question["steps"]) and naive.reaches(one, question["steps"][step]):
                step += 1
                reached[step] += 1
    return [reached[n + 1] for n in range(len(question["steps"]))]


def journeys(question, events, zone, now):
    """The first pages of visits, without the same twice in a row."""
    everything = naive.happened(events)
    start, end = _span(question, everything, zone, now)
    views = defaultdict(list)
    for one in everything:
        inside = start <= one.event.time_ms < end and one.visit.start >= start
        is_view = one.event.type == "page_view"
        if inside and is_view and naive.passes(one, question.get("filters")):
            views[id(one.visit)].append(one.event)
    walked = Counter()
    for seen in views.values():
        seen.sort(key=lambda event: (event.time_ms, event.event_id))
        pages = [e.page for n, e in enumerate(seen) if not n or e.page != seen[n - 1].page]
        if question.get("start"):
            if question["start"] not in pages:
                continue
            pages = pages[pages.index(question["start"]) :]
        walked[tuple(pages[: question.get("depth", 3)])] += 1
    rows = sorted(walked.items(), key=lambda row: (-row[1], row[0]))
    return rows[: question.get("limit", 20)], sum(walked.values())


def returns(question, events, zone, now):
    """For each bucket with newcomers: how many there were, then and later."""
    everything = naive.happened(events)
    span = start, end = _span(question, everything, zone, now)
    interval = "time:" + question.get("interval", "week")
    seen = defaultdict(set)
    for one in everything:
        inside = start <= one.event.time_ms < end
        if inside and naive.passes(one, question.get("filters")):
            seen[one.event.visitor].add(naive.bucket(one.event.time_ms, interval, zone))
    names = naive.buckets(span, interval, zone)
    rows = []
    for place, name in enumerate(names):
        new = [buckets for buckets in seen.values() if min(buckets) == name]
        if new:
            rows.append((name, [sum(later in b for b in new) for later in names[place:]]))
    return rows


def _span(question, everything, zone, now):
    kept = [one.event.time_ms for one in everything]
    return naive.span_of(question["range"], now, zone, min(kept, default=None))
