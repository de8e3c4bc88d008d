"""How an alert's word is written."""

from liveinsight.adapters.mail.sheet import Sheet, day_of, link_to, name_of, number, tables_of
from liveinsight.domain.alert import Notice, Sign
from liveinsight.domain.letter import Language
from liveinsight.domain.period import local_time

Words = dict[str, tuple[str, str]]  # of one, and of any other number

WORDS: dict[Language, Words] = {
    Language.ENGLISH: {
        "many": ("{n} visitor online", "{n} visitors online"),
        "few": ("{n} visitor in {h}", "{n} visitors in {h}"),
        "hours": ("the last hour", "the last {n} hours"),
        "wanted many": (
            "A word was wanted when somebody is there.",
            "A word was wanted when at least {n} are there at once, within five minutes.",
        ),
        "wanted few": (
            "A word was wanted when nobody comes for so long.",
            "A word was wanted when fewer than {n} come in so long.",
        ),
        "before": (
            "A week before it was {n} visitor.",
            "A week before there were {n} visitors.",
        ),
    },
    Language.KOREAN: {
        "many": 2 * ("현재 방문자 {n}명",),
        "few": 2 * ("{h} 방문자 {n}명",),
        "hours": 2 * ("지난 {n}시간",),
        "wanted many": 2 * ("5분 안에 {n}명 이상이 접속하면 알리도록 설정되어 있습니다.",),
        "wanted few": 2 * ("이 시간 동안 방문자가 {n}명 미만이면 알리도록 설정되어 있습니다.",),
        "before": 2 * ("일주일 전 같은 시간에는 {n}명이었습니다.",),
    },
}

CHECK = {
    Language.ENGLISH: "If this is no quiet time, the script may be gone from the pages, or this"
    " server was off: the dashboard's settings tell what comes from the script.",
    Language.KOREAN: "평소 조용한 시간이 아니라면 페이지에서 스크립트가 빠졌거나 서버가 꺼져 있었을 수 있습니다."
    " 대시보드 설정의 설치 진단에서 확인하세요.",
}


def written(notice: Notice, base_url: str) -> tuple[str, str, str]:
    """Subject, text and page."""
    alert, site = notice.alert, notice.site
    words = WORDS[alert.language]
    is_many = alert.sign is Sign.MANY
    said = _said(words, alert.sign, notice.visitors, h=_said(words, "hours", alert.hours))
    further = [_said(words, f"wanted {alert.sign}", alert.visitors)]
    if notice.before is not None:
        further.append(_said(words, "before", notice.before))
    if not is_many:
        further.append(CHECK[alert.language])
    when = local_time(notice.at_ms, site.timezone)
    view = "view=live" if is_many else "view=settings&part=install"
    sheet = Sheet(
        site=name_of(site),
        about=f"{said}, {day_of(when.date(), alert.language)}, {when:%H:%M}",
        says=" ".join(further),
        tables=tables_of(notice.lists, alert.language),
        link=link_to(base_url, f"site={site.id}&{view}"),
        language=alert.language,
    )
    return f"{sheet.site}: {said}", sheet.text(), sheet.page()


def _said(words: Words, what: str, n: int, **further: str) -> str:
    one, many = words[what]
    return (one if n == 1 else many).format(n=number(n), **further)
