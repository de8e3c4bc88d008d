"""Where an address is, as far as it is known: never nearer than a city."""

from msgspec import Struct


class Location(Struct, frozen=True, gc=False):
    """The country as ISO 3166 code; region and city by their English names."""

    country: str | None = None
    region: str | None = None
    city: str | None = None

    def within(self, country: str | None) -> "Location":
        """The same, where somebody knows the country: what is found elsewhere is not it."""
        return self if country in {None, self.country} else Location(country)


NOWHERE = Location()
