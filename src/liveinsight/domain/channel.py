"""Channels: by which way a visit came, told by one ordered list of rules.

A file of its own because people will want to read that list, and to argue with it.
"""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct


class Channel(StrEnum):
    """The ways, as they are shown."""

    DIRECT = "Direct"
    ORGANIC_SEARCH = "Organic Search"
    PAID_SEARCH = "Paid Search"
    ORGANIC_SOCIAL = "Organic Social"
    PAID_SOCIAL = "Paid Social"
    EMAIL = "Email"
    REFERRAL = "Referral"
    CAMPAIGN = "Campaign"
    AI_ASSISTANT = "AI Assistant"
    VIDEO = "Video"
    AFFILIATE = "Affiliate"
    DISPLAY = "Display"
    OTHER = "Other"


class Kind(StrEnum):
    """What a known source is; a `site` is known by name only."""

    SEARCH = "search"
    SOCIAL = "social"
    AI = "ai"
    MAIL = "mail"
    VIDEO = "video"
    SITE = "site"


class Traits(Struct, frozen=True):
    """All that the rules look at. Texts are lower case, and empty where nothing was told."""

    kind: Kind | None = None
    source: str = ""  # of the campaign
    medium: str = ""
    click_id: str = ""
    is_tagged: bool = False  # the link carries a campaign
    is_referred: bool = False  # another site sent the visitor

    @property
    def is_paid(self) -> bool:
        """Whether the medium says that the click was bought: cpc, cpm, ppc, paid_social, ..."""
        medium = self.medium
        return "cp" in medium or medium in {"ppc", "retargeting"} or medium.startswith("paid")

    @property
    def is_from_nowhere(self) -> bool:
        """Whether neither a link nor a site says who sent the visitor."""
        return not (self.source or self.is_referred)


AFFILIATE_WORDS = {"affiliate", "affiliates", "affiliation", "partner", "partners"}
DISPLAY_WORDS = {"display", "banner", "banners", "expandable", "interstitial", "native"}
EMAIL_WORDS = {"email", "e-mail", "e_mail", "e mail", "mail", "newsletter"}
SOCIAL_WORDS = {"social", "social-network", "social_network", "social-media", "social_media", "sm"}
AI_WORDS = {"ai", "llm", "chatbot", "ai-assistant", "ai_assistant", "ai assistant"}
OTHER_WORDS = {"sms", "push", "notification", "audio", "podcast", "qr", "print", "offline", "app"}
# These are added to bought clicks alone; fbclid is added to every link on Facebook.
SEARCH_CLICKS = {"gclid", "gbraid", "wbraid", "msclkid"}
SOCIAL_CLICKS = {"twclid", "ttclid", "li_fat_id"}


# The first that holds names the channel.
RULES: tuple[tuple[Channel, Callable[[Traits], bool]], ...] = (
    (Channel.AFFILIATE, lambda t: t.medium in AFFILIATE_WORDS),
    (Channel.PAID_SEARCH, lambda t: t.kind is Kind.SEARCH and t.is_paid),
    (Channel.PAID_SOCIAL, lambda t: t.kind is Kind.SOCIAL and t.is_paid),
    (Channel.PAID_SEARCH, lambda t: t.kind is Kind.SEARCH and t.click_id in SEARCH_CLICKS),
    (Channel.PAID_SOCIAL, lambda t: t.kind is Kind.SOCIAL and t.click_id in SOCIAL_CLICKS),
    (Channel.EMAIL, lambda t: t.medium in EMAIL_WORDS),
    (Channel.VIDEO, lambda t: t.kind is Kind.VIDEO or "video" in t.medium),
    (Channel.DISPLAY, lambda t: t.medium in DISPLAY_WORDS or t.medium == "cpm"),
    (Channel.PAID_SEARCH, lambda t: t.is_from_nowhere and t.click_id in SEARCH_CLICKS),
    (Channel.PAID_SOCIAL, lambda t: t.is_from_nowhere and t.click_id in SOCIAL_CLICKS),
    (Channel.AI_ASSISTANT, lambda t: t.kind is Kind.AI or t.medium in AI_WORDS),
    (Channel.EMAIL, lambda t: t.kind is Kind.MAIL or t.source in EMAIL_WORDS),
    (Channel.ORGANIC_SOCIAL, lambda t: t.kind is Kind.SOCIAL or t.medium in SOCIAL_WORDS),
    (Channel.ORGANIC_SOCIAL, lambda t: t.is_from_nowhere and t.click_id == "fbclid"),
    (Channel.ORGANIC_SEARCH, lambda t: t.kind is Kind.SEARCH or t.medium == "organic"),
    (Channel.DISPLAY, lambda t: t.click_id in SEARCH_CLICKS | SOCIAL_CLICKS),
    (Channel.OTHER, lambda t: t.medium in OTHER_WORDS),
    (Channel.REFERRAL, lambda t: t.kind is Kind.SITE or t.medium == "referral"),
    (Channel.CAMPAIGN, lambda t: t.is_tagged),
    (Channel.REFERRAL, lambda t: t.is_referred),
    (Channel.DIRECT, lambda t: t.is_from_nowhere),
)


def channel_of(traits: Traits) -> Channel:
    """The channel of the first rule that holds."""
    return next((channel for channel, holds in RULES if holds(traits)), Channel.OTHER)
