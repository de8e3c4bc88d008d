"""Sites: which ones who asks may see, and for managers, making and changing them."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from liveinsight.domain.behaviour import Funnel, parse_funnel
from liveinsight.domain.errors import Invalid, NotFound
from liveinsight.domain.filter import And, Filter, as_json, patterns_of
from liveinsight.domain.goal import Goal, SavedFunnel, checked_name
from liveinsight.domain.goal import checked as goal_of
from liveinsight.domain.key import Key, Scope
from liveinsight.domain.note import Note
from liveinsight.domain.note import checked as notes_of
from liveinsight.domain.site import Site, checked, host_name
from liveinsight.http.auth import Keys, check_manager, may_read
from liveinsight.http.exchange import Request, Response, success
from liveinsight.http.routes import Access, Param, Route
from liveinsight.http.wire import read_json
from liveinsight.ports import Clock, Control

N = TypeVar("N", Goal, SavedFunnel)


class GoalTold(Struct, frozen=True):
    """A goal, its condition as the filter that it is."""

    name: str
    when: list[Any]


class GoalForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A goal; `when` is a condition on an event or page, or a filter."""

    name: str
    when: dict[str, Any] | list[Any]


class FunnelKept(Struct, frozen=True, forbid_unknown_fields=True):
    """A funnel that the site keeps: what `POST /api/funnel` takes, with a name."""

    name: str
    steps: list[dict[str, Any]]
    within: str = "visit"


class SiteTold(Struct, frozen=True):
    """A site's settings; of the shields only who manages it is told, of notes who is not a guest."""

    id: str
    domains: tuple[str, ...]
    aliases: tuple[str, ...]
    timezone: str
    public: bool
    honour_gpc: bool
    honour_dnt: bool
    csrf_required: bool
    allowed_params: tuple[str, ...]
    excluded_ips: tuple[str, ...]
    excluded_pages: tuple[str, ...]
    retention_days: int
    goals: list[GoalTold]
    funnels: list[FunnelKept]
    notes: tuple[Note, ...]


class SitesTold(Struct, frozen=True):
    """The sites that who asks may read."""

    sites: list[SiteTold]


class SiteForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A site's settings; what is left out stays as it is."""

    id: str
    domains: tuple[str, ...] | UnsetType = UNSET
    aliases: tuple[str, ...] | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    public: bool | UnsetType = UNSET
    honour_gpc: bool | UnsetType = UNSET
    honour_dnt: bool | UnsetType = UNSET
    csrf_required: bool | UnsetType = UNSET
    allowed_params: tuple[str, ...] | UnsetType = UNSET
    excluded_ips: tuple[str, ...] | UnsetType = UNSET
    excluded_pages: tuple[str, ...] | UnsetType = UNSET
    retention_days: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    goals: list[GoalForm] | UnsetType = UNSET
    funnels: list[FunnelKept] | UnsetType = UNSET
    notes: list[Note] | UnsetType = UNSET


class SitesDoor:
    """Reads and changes the site book.

    A home may know of a change elsewhere a moment later. Managers don't wait for it, and what is
    changed is never what was: `look_again` is called for them first.
    """

    def __init__(
        self,
        control: Control,
        keys: Keys,
        clock: Clock,
        look_again: Callable[[], None] = lambda: None,
        *,
        check_patterns: Callable[[tuple[str, ...]], None],
    ) -> None:
        self._control = control
        self._keys = keys
        self._clock = clock
        self._look_again = look_again
        self._check = check_patterns

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        site = Param("site", "Site id", required=True)
        manager = Access.MANAGER
        return (
            Route(method="GET", path="/api/sites", handler=self.told, about="The sites that you may read", access=Access.READER, answers=SitesTold, errors=(401,)),
            Route(method="POST", path="/api/sites", handler=self.add, about="A new site", access=manager, body=SiteForm, answers=SiteTold, errors=(400, 401, 403)),
            Route(method="PUT", path="/api/sites", handler=self.change, about="Change a site's settings", access=manager, body=SiteForm, answers=SiteTold, errors=(400, 401, 403, 404)),
            Route(method="DELETE", path="/api/sites", handler=self.remove, about="Forget a site's settings; its events stay on disk", access=manager, params=(site,), answers=SitesTold, errors=(401, 403, 404)),
        )  # fmt: skip

    async def told(self, request: Request) -> Response:
        """`GET /api/sites`."""
        key = self._key(request)
        if key is not None and Scope.ADMIN in key.scopes:
            self._look_again()
        return self._readable(key)

    async def add(self, request: Request) -> Response:
        """`POST /api/sites`."""
        key = self._key(request)
        form = read_json(request, SiteForm)
        self._check_manager(key, None)
        if self._control.sites().with_id(form.id) is not None:
            raise Invalid("id", f"{form.id} is there already")
        return self._put(Site(id=form.id), form)

    async def change(self, request: Request) -> Response:
        """`PUT /api/sites`."""
        key = self._key(request)
        form = read_json(request, SiteForm)
        self._check_manager(key, form.id)
        return self._put(self._known(form.id), form)

    async def remove(self, request: Request) -> Response:
        """`DELETE /api/sites?site=…`."""
        key = self._key(request)
        name = request.params.get("site", "")
        self._check_manager(key, name)
        self._control.remove_site(self._known(name).id)
        return self._readable(key)

    def _key(self, request: Request) -> Key | None:
        return self._keys.of(request, self._clock.now_ms())

    def _check_manager(self, key: Key | None, site: str | None) -> None:
        check_manager(key, site)
        self._look_again()

    def _readable(self, key: Key | None) -> Response:
        sites = [site for site in self._control.sites() if may_read(key, site)]
        return success(SitesTold([_told_to(key, site) for site in sites]))

    def _put(self, site: Site, form: SiteForm) -> Response:
        given = {
            name: value
            for name, value in structs.asdict(form).items()
            if value is not UNSET and name != "id"
        }
        if "domains" in given:
            given["domains"] = tuple(map(host_name, given["domains"]))
        if not isinstance(form.goals, UnsetType):
            goals = _unique([goal_of(goal.name, goal.when) for goal in form.goals])
            self._check_patterns(goal.when for goal in goals)
            given["goals"] = goals
        if not isinstance(form.funnels, UnsetType):
            for kept in form.funnels:
                self._check_patterns(_asked(site.id, kept).steps)
            given["funnels"] = _unique([_funnel(kept) for kept in form.funnels])
        if not isinstance(form.notes, UnsetType):
            given["notes"] = notes_of(form.notes)
        changed = checked(structs.replace(site, **given))
        for domain in changed.domains:
            other = self._control.sites().by_name(domain)
            if other is not None and other.id != changed.id and domain in other.domains:
                raise Invalid("domains", f"{domain} belongs to the site {other.id}")
        self._control.put_site(changed)
        return success(_told(changed, to_manager=True))

    def _check_patterns(self, conditions: Iterable[Filter]) -> None:
        """What no engine reads would break every question that it is part of."""
        self._check(patterns_of(And(tuple(conditions))))

    def _known(self, site_id: str) -> Site:
        site = self._control.sites().with_id(site_id)
        if site is None:
            raise NotFound("There is no such site.")
        return site


def _unique(named: list[N]) -> tuple[N, ...]:
    """Each name once: it is how a question asks for it."""
    if len({one.name for one in named}) < len(named):
        raise Invalid("name", "is there twice")
    return tuple(named)


def _asked(site: str, kept: FunnelKept) -> Funnel:
    """The question that it stands for."""
    about = {"site": site, "range": "7d", "steps": kept.steps, "within": kept.within}
    return parse_funnel(about)


def _funnel(kept: FunnelKept) -> SavedFunnel:
    return SavedFunnel(checked_name(kept.name), tuple(kept.steps), kept.within)


def _told_to(key: Key | None, site: Site) -> SiteTold:
    """As much as who asks may know: of a public site also who holds the key of another asks."""
    is_guest = key is None or key.is_share or not key.allows(Scope.READ, site.id)
    manages = not is_guest and key is not None and Scope.ADMIN in key.scopes
    return _told(site, to_manager=manages, to_guest=is_guest)


def _told(site: Site, *, to_manager: bool, to_guest: bool = False) -> SiteTold:
    settings = {name: getattr(site, name) for name in SiteTold.__struct_fields__}
    settings["goals"] = [GoalTold(goal.name, as_json(goal.when)) for goal in site.goals]
    settings["funnels"] = [
        FunnelKept(funnel.name, list(funnel.steps), funnel.within) for funnel in site.funnels
    ]
    if not to_manager:
        settings |= {"excluded_ips": (), "excluded_pages": ()}
    if to_guest:
        settings["notes"] = ()
    return SiteTold(**settings)
