"""Which businesses somebody or a key may enter: as fields of a form, and in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from werkzeug.exceptions import Forbidden
from wtforms import RadioField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from hub.actions.businesses import list_businesses
from hub.core.page import LARGEST
from hub.store.business import AGENCY
from hub.web.console.fields import choices
from hub.web.console.home import visible
from hub.web.current import session, the_hub
from hub.web.forms import Form

ALL, SOME = "all", "some"
_SHOWN = 3


class ReachForm(Form):
    """Every business, or those that are ticked."""

    reach = RadioField("Businesses", choices=choices((ALL, "Every business, later ones too"), (SOME, "Only these:")))
    businesses = SelectMultipleField("Which ones", widget=ListWidget(), option_widget=CheckboxInput())


F = TypeVar("F", bound=ReachForm)


def offered(form: F, also: Collection[str] = ()) -> F:
    """Give a form the businesses that one may give; who is limited oneself cannot give all of them."""
    names = business_names()
    gone = ((one, "A business that is gone") for one in also if one not in names)
    form.businesses.choices = choices(*names.items(), *gone)
    if not session().user.everywhere:
        form.reach.choices = choices((SOME, "Only these:"))
        form.reach.data = SOME
    return form


def access(form: ReachForm) -> dict[str, Any]:
    """Return what was chosen, as the actions take it."""
    everywhere = form.reach.data == ALL
    return {"everywhere": everywhere, "businesses": () if everywhere else tuple(form.businesses.data or ())}


def stored_access(found: Any) -> dict[str, Any]:
    """Return the fields of somebody or of a key as they stand in the form."""
    return {"reach": ALL if found.everywhere else SOME, "businesses": sorted(found.businesses)}


def business_names() -> dict[str, str]:
    """Return the names of all businesses that one may enter, by id, in the order of the names."""
    found: dict[str, str] = {}
    after = ""
    while True:
        page = list_businesses(the_hub(), visible(), after=after, limit=LARGEST)
        found |= {one.id: one.name for one in page.items}
        after = page.next
        if not after:
            return found


def some_names(ids: Collection[str]) -> dict[str, str]:
    """Return the names of these businesses as far as one may enter them, and of the agency."""
    wanted = set(ids) if session().user.everywhere else set(ids) & session().user.businesses
    page = list_businesses(the_hub(), wanted, limit=LARGEST)
    return {AGENCY: "The agency", **{one.id: one.name for one in page.items}}


def reach_words(found: Any, names: Mapping[str, str]) -> str:
    """Return where somebody or a key may go: ``Every business``, or the first names."""
    if found.everywhere:
        return "Every business"
    known = sorted(names[one] for one in found.businesses if one in names)
    more = len(found.businesses) - len(known[:_SHOWN])
    shown = ", ".join(known[:_SHOWN])
    if not shown:
        return "No business" if not more else f"{more} that you do not see"
    return f"{shown} and {more} more" if more else shown


def whole_installation() -> None:
    """Raise Forbidden for who is limited to some businesses."""
    if not session().user.everywhere:
        raise Forbidden("This is about the whole installation, and you are limited to some businesses.")
