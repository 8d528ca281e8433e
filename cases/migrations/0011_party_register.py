"""The register of parties: search by pairs of characters, its history written once, files of parties, likely doubles."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import cases.models.target

FUNCTIONS = """
CREATE FUNCTION cases_target_words(name text, aliases text[], address text, uscc text, trade text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(normalize(
        name || E'\\n' || coalesce(array_to_string(aliases, E'\\n'), '') || E'\\n' || address || E'\\n'
        || coalesce(uscc, '') || E'\\n' || trade, NFKC))
$$;
CREATE FUNCTION cases_pairs(words text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    signs text[] := string_to_array(words, NULL);
    pairs text[] := '{}';
BEGIN  -- a loop takes a sixth of the time of a query here, and the index asks for it with every row that is written
    FOR at IN 1 .. coalesce(cardinality(signs), 0) - 1 LOOP
        pairs := array_append(pairs, signs[at] || signs[at + 1]);
    END LOOP;
    RETURN pairs;
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION cases_pairs(text);
DROP FUNCTION cases_target_words(text, text[], text, text, text);
"""
GUARD = """
CREATE FUNCTION cases_targetchange_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of a party is written once: % refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER cases_targetchange_no_change BEFORE UPDATE OR DELETE ON cases_targetchange
    FOR EACH ROW EXECUTE FUNCTION cases_targetchange_refuse();
CREATE TRIGGER cases_targetchange_no_truncate BEFORE TRUNCATE ON cases_targetchange
    FOR EACH STATEMENT EXECUTE FUNCTION cases_targetchange_refuse();
"""
UNGUARD = """
DROP TRIGGER cases_targetchange_no_change ON cases_targetchange;
DROP TRIGGER cases_targetchange_no_truncate ON cases_targetchange;
DROP FUNCTION cases_targetchange_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_insight_indexes"),
        ("teams", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.CreateModel(
            name="Likeness",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.PositiveSmallIntegerField()),
                ("notes", models.JSONField(default=list)),
                ("found_at", models.DateTimeField()),
                ("different_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PartyRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.PositiveIntegerField()),
                (
                    "fate",
                    models.CharField(
                        choices=[
                            ("new", "new party"),
                            ("change", "changes a party"),
                            ("likely", "possible duplicate"),
                            ("same", "already there"),
                            ("refused", "refused"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        choices=[("leave", "leave it"), ("add", "add as a new party"), ("change", "change the party")],
                        default="leave",
                        max_length=8,
                    ),
                ),
                ("fields", models.JSONField(default=list)),
                ("facts", models.JSONField(default=dict)),
                ("changes", models.JSONField(default=dict)),
                ("notes", models.JSONField(default=list)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("taken_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PartyRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_name", models.CharField(max_length=160)),
                ("path", models.CharField(blank=True, max_length=240)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "uploaded"),
                            ("comparing", "being compared"),
                            ("compared", "compared, nothing written"),
                            ("taking", "being taken in"),
                            ("done", "done"),
                            ("failed", "failed"),
                        ],
                        default="uploaded",
                        max_length=10,
                    ),
                ),
                ("columns", models.JSONField(default=dict)),
                ("total", models.PositiveIntegerField(default=0)),
                ("read", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=240)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="TargetChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("created", "entered"),
                            ("edited", "edited"),
                            ("imported", "changed by a file"),
                            ("absorbed", "took in another entry"),
                            ("merged", "merged into another entry"),
                        ],
                        max_length=10,
                    ),
                ),
                ("changes", models.JSONField(default=dict)),
                ("reason", models.CharField(blank=True, max_length=240)),
                ("actor_role", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="target",
            name="hours",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Windows: day 1 (Monday) to 7, from, until (HH:MM).",
                verbose_name="opening hours",
            ),
        ),
        migrations.AddField(
            model_name="target",
            name="no_disturb_reason",
            field=models.CharField(blank=True, max_length=240, verbose_name="why it is on the list"),
        ),
        migrations.AddField(
            model_name="target",
            name="no_disturb_until",
            field=models.DateField(blank=True, null=True, verbose_name="on the list until"),
        ),
        migrations.AddField(
            model_name="target",
            name="version",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="target",
            name="words",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("name"),
                    models.F("aliases"),
                    models.F("address"),
                    models.F("uscc"),
                    models.F("trade"),
                    function="cases_target_words",
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="target",
            index=models.Index(fields=["name", "id"], name="target_by_name"),
        ),
        migrations.AddIndex(
            model_name="target",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="target_family"
            ),
        ),
        migrations.AddIndex(
            model_name="target",
            index=django.contrib.postgres.indexes.GinIndex(
                cases.models.target.Pairs(models.F("words")), name="target_pairs"
            ),
        ),
        migrations.AddField(
            model_name="likeness",
            name="different_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="likeness",
            name="first",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.target"),
        ),
        migrations.AddField(
            model_name="likeness",
            name="second",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.target"),
        ),
        migrations.AddField(
            model_name="likeness",
            name="street",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="teams.street"),
        ),
        migrations.AddField(
            model_name="partyrow",
            name="target",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.target"
            ),
        ),
        migrations.AddField(
            model_name="partyrun",
            name="started_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="partyrun",
            name="street",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="teams.street"),
        ),
        migrations.AddField(
            model_name="partyrow",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="cases.partyrun"
            ),
        ),
        migrations.AddField(
            model_name="targetchange",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="targetchange",
            name="other",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.target"
            ),
        ),
        migrations.AddField(
            model_name="targetchange",
            name="target",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="cases.target"
            ),
        ),
        migrations.AddIndex(
            model_name="likeness",
            index=models.Index(
                condition=models.Q(("different_at__isnull", True)),
                fields=["street", "-score", "id"],
                name="likeness_open",
            ),
        ),
        migrations.AddIndex(
            model_name="likeness",
            index=models.Index(fields=["second"], name="likeness_second"),
        ),
        migrations.AddConstraint(
            model_name="likeness",
            constraint=models.UniqueConstraint(fields=("first", "second"), name="likeness_once"),
        ),
        migrations.AddConstraint(
            model_name="likeness",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__lt", models.F("second"))), name="likeness_in_order"
            ),
        ),
        migrations.AddIndex(
            model_name="partyrow",
            index=models.Index(fields=["run", "fate", "row"], name="party_row_fate"),
        ),
        migrations.AddIndex(
            model_name="partyrow",
            index=models.Index(
                condition=models.Q(("taken_at__isnull", True), models.Q(("choice", "leave"), _negated=True)),
                fields=["run", "row"],
                name="party_row_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="partyrow",
            constraint=models.UniqueConstraint(fields=("run", "row"), name="party_row_once"),
        ),
        migrations.AddConstraint(
            model_name="targetchange",
            constraint=models.UniqueConstraint(fields=("target", "version"), name="target_change_once"),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
