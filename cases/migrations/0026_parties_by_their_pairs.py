"""Parties and cases worth comparing at triage are looked up: by pairs of characters, ends of names, places, addresses."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F
from django.db.models.deletion import PROTECT
from django.db.models.functions import Left, Right

from cases.models.target import PartyKeys

KEYS = """
CREATE FUNCTION cases_party_keys(street bigint, name text, aliases text[], address text)
RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    mark text := street || 'n';
    signs text[] := string_to_array(name, NULL);
    keys text[] := '{}';
    alias text;
BEGIN
    FOR at IN 1 .. coalesce(cardinality(signs), 0) - 1 LOOP
        keys := array_append(keys, mark || signs[at] || signs[at + 1]);
    END LOOP;
    mark := street || 'a';
    signs := string_to_array(address, NULL);
    FOR at IN 1 .. coalesce(cardinality(signs), 0) - 1 LOOP
        keys := array_append(keys, mark || signs[at] || signs[at + 1]);
    END LOOP;
    FOREACH alias IN ARRAY coalesce(aliases, '{}') LOOP
        keys := array_append(keys, street || '=' || alias);
    END LOOP;
    RETURN keys;
END $$;
"""
PARTY_KEYS = PartyKeys(F("street"), F("name"), F("aliases"), F("address"))
UNUSED = ("target_name_trgm", "target_address_trgm")
"""Nothing asks for a part of a name or an address that way: small letters are made capitals first."""


class Migration(migrations.Migration):
    atomic = False  # an index of a big table is built beside the work

    dependencies = [("cases", "0025_search_newest_first")]

    operations = [
        migrations.RunSQL(
            "SET statement_timeout = 0; SET lock_timeout = 0", "SET statement_timeout = 0; SET lock_timeout = 0"
        ),  # as long as a big table takes
        migrations.RunSQL(KEYS, "DROP FUNCTION cases_party_keys(bigint, text, text[], text)"),
        AddIndexConcurrently("target", GinIndex(PARTY_KEYS, name="target_keys", fastupdate=False)),
        AddIndexConcurrently(
            "target", models.Index(F("street"), Right("name", 4), Left("name", 4), name="target_ends")
        ),
        AddIndexConcurrently(
            "target",
            models.Index(fields=["street", "lat", "lng"], include=["id", "active", "merged_into"], name="target_near"),
        ),
        RemoveIndexConcurrently("target", "target_box"),
        *(RemoveIndexConcurrently("target", name) for name in UNUSED),
        AddIndexConcurrently("case", models.Index(fields=["target", "-opened_at"], name="case_of_target")),
        AddIndexConcurrently("case", models.Index(fields=["street", "address", "-opened_at"], name="case_at_address")),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS cases_case_target_id_12515e08",
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS cases_case_target_id_12515e08 ON cases_case (target_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    "case",
                    "target",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=PROTECT,
                        related_name="cases",
                        to="cases.target",
                    ),
                )
            ],
        ),
        migrations.RunSQL("ANALYZE cases_target", migrations.RunSQL.noop),  # else nobody knows how rare a key is
        migrations.RunSQL("RESET statement_timeout; RESET lock_timeout", migrations.RunSQL.noop),
    ]
