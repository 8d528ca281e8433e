"""A person's own desk: saved views of the board, and the record of what was taken out of it."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import BoardExport, BoardView
from cases.refusals import Refused
from cases.selectors.board import QUEUES
from cases.selectors.boardfilters import FILTERS
from cases.selectors.boardsort import SORTS
from teams.models import User
from teams.policies import Actor

VIEWS_MAX = 12
"""A rail holds so many; more would be a list to search."""
log = structlog.get_logger(__name__)


def view_save(*, actor: Actor, name: str, queue: str, filters: Mapping[str, str], sort: str) -> BoardView:
    """Keep a queue, its filters and order under a name; the same name again replaces the view.

    Refuses: ``name_needed``, ``name_long``, ``too_many``. The filters must have been checked by the filter form.
    """
    words = _named(name)
    assert queue in QUEUES
    assert sort in SORTS
    kept = {key: value for key, value in filters.items() if key in FILTERS and value}
    with transaction.atomic():
        person = _lock(actor)
        mine = BoardView.objects.filter(user=person)
        view = mine.filter(name=words).first()
        if view is None:
            if mine.count() >= VIEWS_MAX:
                raise Refused(
                    "too_many",
                    _("You have %(n)s views already. Delete one that you no longer need.") % {"n": VIEWS_MAX},
                )
            return BoardView.objects.create(user=person, name=words, queue=queue, filters=kept, sort=sort)
        view.queue, view.filters, view.sort = queue, kept, sort
        view.save(update_fields=["queue", "filters", "sort"])
    return view


def view_rename(*, actor: Actor, view_id: int, name: str) -> BoardView:
    """Refuses: ``not_found``, ``name_needed``, ``name_long``, ``name_taken``."""
    words = _named(name)
    with transaction.atomic():
        view = _own(actor, view_id)
        view.name = words
        try:
            with transaction.atomic():
                view.save(update_fields=["name"])
        except IntegrityError:
            raise Refused("name_taken", _("You have a view of this name already."), field="name", status=422) from None
    return view


def view_delete(*, actor: Actor, view_id: int) -> None:
    """Refuses: ``not_found``."""
    with transaction.atomic():
        _own(actor, view_id).delete()


def view_start(*, actor: Actor, view_id: int, on: bool) -> BoardView:
    """Make it the page where the day starts (only one is), or no longer. Refuses: ``not_found``."""
    with transaction.atomic():
        view = _own(actor, view_id)
        BoardView.objects.filter(user_id=view.user_id, is_start=True).update(is_start=False)
        view.is_start = on
        view.save(update_fields=["is_start"])
    return view


def export_record(
    *, actor: Actor, queue: str, filters: Mapping[str, str], chosen: bool, rows: int, kind: str
) -> BoardExport:
    """Put down that a list is taken out. The words of a text filter may name somebody: only that there were some.

    Refuses: ``not_allowed``.
    """
    policies.require(actor, "case.export")
    assert actor.user_id is not None
    kept = {name: "…" if name == "text" else value for name, value in filters.items()}
    with transaction.atomic():
        row = BoardExport.objects.create(
            user_id=actor.user_id, at=now(), queue=queue, filters=kept, chosen=chosen, rows=rows, kind=kind
        )
    log.info("board_exported", export=row.pk, user=actor.user_id, queue=queue, rows=rows, kind=kind)
    return row


def _named(name: str) -> str:
    words = " ".join(name.split())
    if not words:
        raise Refused("name_needed", _("Give the view a name."), field="name", status=422)
    longest = BoardView._meta.get_field("name").max_length or 0
    if len(words) > longest:
        raise Refused(
            "name_long",
            _("At most %(n)s signs: the rail has no room for more.") % {"n": longest},
            field="name",
            status=422,
        )
    return words


def _lock(actor: Actor) -> User:
    """A person's views are counted and changed one after the other."""
    assert actor.user_id is not None  # residents and the system have no desk
    return User.objects.select_for_update(no_key=True).get(pk=actor.user_id)


def _own(actor: Actor, view_id: int) -> BoardView:
    view = BoardView.objects.filter(user=_lock(actor), pk=view_id).first()
    if view is None:
        raise Refused("not_found", _("This view does not exist any more."), status=404)
    return view
