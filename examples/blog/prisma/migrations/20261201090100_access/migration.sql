-- Who has access to the rows of the type post. Made by: castellan prisma view
DO $castellan$
DECLARE
  type_id text;
  unfit text;
BEGIN
  IF to_regclass('castellan.objects') IS NULL THEN
    -- Nobody has access where there is no Castellan.
    EXECUTE $sql$DROP VIEW IF EXISTS "public"."post_access"$sql$;
    EXECUTE $sql$CREATE VIEW "public"."post_access" AS SELECT NULL::text AS "object_id", NULL::int AS holder_id,
      NULL::int AS permission_id, NULL::text AS way, NULL::text AS rule, NULL::text AS "by" WHERE false$sql$;
    RETURN;
  END IF;
  EXECUTE 'SELECT id::text FROM castellan.types WHERE name = $1' INTO type_id USING 'post'::text;
  IF type_id IS NULL THEN
    RAISE EXCEPTION 'There is no type % yet: register it, then run this migration again.', 'post';
  END IF;
  IF to_regclass(replace('castellan."plain grants on type :type as text"', ':type', type_id)) IS NULL THEN
  EXECUTE replace($sql$CREATE TABLE castellan."plain grants on type :type as text" (
    subject_id int NOT NULL, permission_id int NOT NULL, row_id text NOT NULL, place_id bigint NOT NULL,
    PRIMARY KEY (subject_id, permission_id, row_id),
    UNIQUE (place_id, permission_id, subject_id)
  )$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE FUNCTION castellan."plain grants on type :type as text"() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $keep$
  BEGIN
    IF TG_OP = 'TRUNCATE' THEN
      DELETE FROM castellan."plain grants on type :type as text";
      RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
      IF NOT EXISTS (
        SELECT subject_id, permission_id, place_id, variant FROM gone EXCEPT SELECT subject_id, permission_id, place_id, variant FROM made
      ) THEN
        RETURN NULL;
      END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
      DELETE FROM castellan."plain grants on type :type as text" kept USING gone
      WHERE kept.place_id = gone.place_id AND kept.permission_id = gone.permission_id AND kept.subject_id = gone.subject_id AND gone.variant = '';
    END IF;
    IF TG_OP <> 'DELETE' THEN
      INSERT INTO castellan."plain grants on type :type as text" (subject_id, permission_id, row_id, place_id) 
  SELECT g.subject_id, g.permission_id, o.external_id::text AS row_id, g.place_id
  FROM made g JOIN castellan.permissions p ON p.id = g.permission_id AND p.type_id = :type
  JOIN castellan.objects o ON o.id = g.place_id AND o.type_id = :type
  WHERE g.variant = '';
    END IF;
    RETURN NULL;
  END
  $keep$$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE TRIGGER "plain grants on type :type as text, INSERT" AFTER INSERT ON castellan.grants REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION castellan."plain grants on type :type as text"()$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE TRIGGER "plain grants on type :type as text, DELETE" AFTER DELETE ON castellan.grants REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION castellan."plain grants on type :type as text"()$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE TRIGGER "plain grants on type :type as text, UPDATE" AFTER UPDATE ON castellan.grants REFERENCING OLD TABLE AS gone NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION castellan."plain grants on type :type as text"()$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE TRIGGER "plain grants on type :type as text, TRUNCATE" AFTER TRUNCATE ON castellan.grants  FOR EACH STATEMENT EXECUTE FUNCTION castellan."plain grants on type :type as text"()$sql$, ':type', type_id);
    -- From here on, whoever writes grants waits for the end of this.
  EXECUTE replace($sql$INSERT INTO castellan."plain grants on type :type as text" 
  SELECT g.subject_id, g.permission_id, o.external_id::text AS row_id, g.place_id
  FROM castellan.grants g JOIN castellan.permissions p ON p.id = g.permission_id AND p.type_id = :type
  JOIN castellan.objects o ON o.id = g.place_id AND o.type_id = :type
  WHERE g.variant = ''$sql$, ':type', type_id);
  EXECUTE replace($sql$ANALYZE castellan."plain grants on type :type as text"$sql$, ':type', type_id);
  END IF;
  EXECUTE $sql$DROP VIEW IF EXISTS "public"."post_access"$sql$;
  EXECUTE replace($sql$CREATE VIEW "public"."post_access" AS
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'grant' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT g.row_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, 'allow' AS rule FROM castellan."plain grants on type :type as text" g
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'below' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT o.external_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, 'allow' AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.grants g ON g.place_id = an.ancestor_id
    WHERE o.type_id = :type AND g.reaches_below AND g.variant = ''
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'special' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT o.external_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.grants g ON g.place_id = o.id
    WHERE o.type_id = :type AND g.variant <> '' AND (g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'special' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT o.external_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.grants g ON g.place_id = an.ancestor_id
    WHERE o.type_id = :type AND g.reaches_below AND g.variant <> '' AND (g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT o.external_id AS object_id, a.subject_id AS holder_id, ru.permission_id AS permission_id, ru.effect || CASE WHEN ru.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || ru.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.assignments a ON a.object_id = o.id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.rules ru ON ru.role_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp())
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT o.external_id AS object_id, a.subject_id AS holder_id, ru.permission_id AS permission_id, ru.effect || CASE WHEN ru.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || ru.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.assignments a ON a.object_id = an.ancestor_id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.rules ru ON ru.role_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp())
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role_grant' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT o.external_id AS object_id, a.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.assignments a ON a.object_id = o.id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.grants g ON g.subject_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp()) AND (g.variant = '' OR ((g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp()))) AND (g.place_id = 0 OR g.place_id = o.id
    OR EXISTS (SELECT 1 FROM castellan.ancestry up WHERE up.descendant_id = o.id AND up.ancestor_id = g.place_id))
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role_grant' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT o.external_id AS object_id, a.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.assignments a ON a.object_id = an.ancestor_id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.grants g ON g.subject_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp()) AND (g.variant = '' OR ((g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp()))) AND (g.place_id = 0 OR g.place_id = o.id
    OR EXISTS (SELECT 1 FROM castellan.ancestry up WHERE up.descendant_id = o.id AND up.ancestor_id = g.place_id))
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'grant' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT g.row_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, 'allow' AS rule, random() AS fence FROM castellan."plain grants on type :type as text" g) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'below' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT o.external_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, 'allow' AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.grants g ON g.place_id = an.ancestor_id
    WHERE o.type_id = :type AND g.reaches_below AND g.variant = '') leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'special' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT o.external_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.grants g ON g.place_id = o.id
    WHERE o.type_id = :type AND g.variant <> '' AND (g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'special' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT o.external_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.grants g ON g.place_id = an.ancestor_id
    WHERE o.type_id = :type AND g.reaches_below AND g.variant <> '' AND (g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT o.external_id AS object_id, a.subject_id AS holder_id, ru.permission_id AS permission_id, ru.effect || CASE WHEN ru.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || ru.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.assignments a ON a.object_id = o.id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.rules ru ON ru.role_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp())) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT o.external_id AS object_id, a.subject_id AS holder_id, ru.permission_id AS permission_id, ru.effect || CASE WHEN ru.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || ru.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.assignments a ON a.object_id = an.ancestor_id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.rules ru ON ru.role_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp())) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role_grant' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT o.external_id AS object_id, a.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.assignments a ON a.object_id = o.id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.grants g ON g.subject_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp()) AND (g.variant = '' OR ((g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp()))) AND (g.place_id = 0 OR g.place_id = o.id
    OR EXISTS (SELECT 1 FROM castellan.ancestry up WHERE up.descendant_id = o.id AND up.ancestor_id = g.place_id))) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role_grant' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT o.external_id AS object_id, a.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.assignments a ON a.object_id = an.ancestor_id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.grants g ON g.subject_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp()) AND (g.variant = '' OR ((g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp()))) AND (g.place_id = 0 OR g.place_id = o.id
    OR EXISTS (SELECT 1 FROM castellan.ancestry up WHERE up.descendant_id = o.id AND up.ancestor_id = g.place_id))) leg CROSS JOIN castellan.taken_for_many()
) leg$sql$, ':type', type_id);
END
$castellan$;

-- Who has access to the rows of the type announcement. Made by: castellan prisma view
DO $castellan$
DECLARE
  type_id text;
  unfit text;
BEGIN
  IF to_regclass('castellan.objects') IS NULL THEN
    -- Nobody has access where there is no Castellan.
    EXECUTE $sql$DROP VIEW IF EXISTS "public"."announcement_access"$sql$;
    EXECUTE $sql$CREATE VIEW "public"."announcement_access" AS SELECT NULL::int AS "object_id", NULL::int AS holder_id,
      NULL::int AS permission_id, NULL::text AS way, NULL::text AS rule, NULL::text AS "by" WHERE false$sql$;
    RETURN;
  END IF;
  EXECUTE 'SELECT id::text FROM castellan.types WHERE name = $1' INTO type_id USING 'announcement'::text;
  IF type_id IS NULL THEN
    RAISE EXCEPTION 'There is no type % yet: register it, then run this migration again.', 'announcement';
  END IF;
  EXECUTE replace($sql$SELECT external_id FROM castellan.objects WHERE type_id = :type AND NOT CASE WHEN type_id = :type THEN CASE WHEN external_id ~ '^(0|-?[1-9][0-9]{0,9})$' THEN external_id::bigint BETWEEN -2147483648 AND 2147483647 ELSE false END ELSE true END LIMIT 1$sql$, ':type', type_id) INTO unfit;
  IF unfit IS NOT NULL THEN
    RAISE EXCEPTION 'The id % of an object of this type could not be held as int.', unfit;
  END IF;
  EXECUTE replace($sql$CREATE UNIQUE INDEX IF NOT EXISTS "ids of type :type as int" ON castellan.objects ((CASE WHEN type_id = :type THEN external_id::int END)) INCLUDE (id, type_id, external_id) WHERE type_id = :type$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE INDEX IF NOT EXISTS "objects of type :type" ON castellan.objects (id) INCLUDE (type_id, external_id) WHERE type_id = :type$sql$, ':type', type_id);
  IF to_regclass(replace('castellan."plain grants on type :type as int"', ':type', type_id)) IS NULL THEN
  EXECUTE replace($sql$CREATE TABLE castellan."plain grants on type :type as int" (
    subject_id int NOT NULL, permission_id int NOT NULL, row_id int NOT NULL, place_id bigint NOT NULL,
    PRIMARY KEY (subject_id, permission_id, row_id),
    UNIQUE (place_id, permission_id, subject_id)
  )$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE FUNCTION castellan."plain grants on type :type as int"() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $keep$
  BEGIN
    IF TG_OP = 'TRUNCATE' THEN
      DELETE FROM castellan."plain grants on type :type as int";
      RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
      IF NOT EXISTS (
        SELECT subject_id, permission_id, place_id, variant FROM gone EXCEPT SELECT subject_id, permission_id, place_id, variant FROM made
      ) THEN
        RETURN NULL;
      END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
      DELETE FROM castellan."plain grants on type :type as int" kept USING gone
      WHERE kept.place_id = gone.place_id AND kept.permission_id = gone.permission_id AND kept.subject_id = gone.subject_id AND gone.variant = '';
    END IF;
    IF TG_OP <> 'DELETE' THEN
      INSERT INTO castellan."plain grants on type :type as int" (subject_id, permission_id, row_id, place_id) 
  SELECT g.subject_id, g.permission_id, o.external_id::int AS row_id, g.place_id
  FROM made g JOIN castellan.permissions p ON p.id = g.permission_id AND p.type_id = :type
  JOIN castellan.objects o ON o.id = g.place_id AND o.type_id = :type
  WHERE g.variant = '';
    END IF;
    RETURN NULL;
  END
  $keep$$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE TRIGGER "plain grants on type :type as int, INSERT" AFTER INSERT ON castellan.grants REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION castellan."plain grants on type :type as int"()$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE TRIGGER "plain grants on type :type as int, DELETE" AFTER DELETE ON castellan.grants REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION castellan."plain grants on type :type as int"()$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE TRIGGER "plain grants on type :type as int, UPDATE" AFTER UPDATE ON castellan.grants REFERENCING OLD TABLE AS gone NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION castellan."plain grants on type :type as int"()$sql$, ':type', type_id);
  EXECUTE replace($sql$CREATE TRIGGER "plain grants on type :type as int, TRUNCATE" AFTER TRUNCATE ON castellan.grants  FOR EACH STATEMENT EXECUTE FUNCTION castellan."plain grants on type :type as int"()$sql$, ':type', type_id);
    -- From here on, whoever writes grants waits for the end of this.
  EXECUTE replace($sql$INSERT INTO castellan."plain grants on type :type as int" 
  SELECT g.subject_id, g.permission_id, o.external_id::int AS row_id, g.place_id
  FROM castellan.grants g JOIN castellan.permissions p ON p.id = g.permission_id AND p.type_id = :type
  JOIN castellan.objects o ON o.id = g.place_id AND o.type_id = :type
  WHERE g.variant = ''$sql$, ':type', type_id);
  EXECUTE replace($sql$ANALYZE castellan."plain grants on type :type as int"$sql$, ':type', type_id);
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = 'castellan.objects'::regclass
    AND conname = replace('ids of type :type are int', ':type', type_id)) THEN
    EXECUTE replace($sql$ALTER TABLE castellan.objects ADD CONSTRAINT "ids of type :type are int" CHECK (CASE WHEN type_id = :type THEN CASE WHEN external_id ~ '^(0|-?[1-9][0-9]{0,9})$' THEN external_id::bigint BETWEEN -2147483648 AND 2147483647 ELSE false END ELSE true END)$sql$, ':type', type_id);
  END IF;
  EXECUTE $sql$DROP VIEW IF EXISTS "public"."announcement_access"$sql$;
  EXECUTE replace($sql$CREATE VIEW "public"."announcement_access" AS
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'grant' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT g.row_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, 'allow' AS rule FROM castellan."plain grants on type :type as int" g
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'below' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, 'allow' AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.grants g ON g.place_id = an.ancestor_id
    WHERE o.type_id = :type AND g.reaches_below AND g.variant = ''
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'special' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.grants g ON g.place_id = o.id
    WHERE o.type_id = :type AND g.variant <> '' AND (g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'special' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.grants g ON g.place_id = an.ancestor_id
    WHERE o.type_id = :type AND g.reaches_below AND g.variant <> '' AND (g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, a.subject_id AS holder_id, ru.permission_id AS permission_id, ru.effect || CASE WHEN ru.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || ru.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.assignments a ON a.object_id = o.id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.rules ru ON ru.role_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp())
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, a.subject_id AS holder_id, ru.permission_id AS permission_id, ru.effect || CASE WHEN ru.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || ru.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.assignments a ON a.object_id = an.ancestor_id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.rules ru ON ru.role_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp())
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role_grant' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, a.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.assignments a ON a.object_id = o.id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.grants g ON g.subject_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp()) AND (g.variant = '' OR ((g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp()))) AND (g.place_id = 0 OR g.place_id = o.id
    OR EXISTS (SELECT 1 FROM castellan.ancestry up WHERE up.descendant_id = o.id AND up.ancestor_id = g.place_id))
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role_grant' AS way, leg.rule, 'rule' AS "by" FROM (
  SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, a.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.assignments a ON a.object_id = an.ancestor_id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.grants g ON g.subject_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp()) AND (g.variant = '' OR ((g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp()))) AND (g.place_id = 0 OR g.place_id = o.id
    OR EXISTS (SELECT 1 FROM castellan.ancestry up WHERE up.descendant_id = o.id AND up.ancestor_id = g.place_id))
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'grant' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT g.row_id AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, 'allow' AS rule, random() AS fence FROM castellan."plain grants on type :type as int" g) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'below' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, 'allow' AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.grants g ON g.place_id = an.ancestor_id
    WHERE o.type_id = :type AND g.reaches_below AND g.variant = '') leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'special' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.grants g ON g.place_id = o.id
    WHERE o.type_id = :type AND g.variant <> '' AND (g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'special' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, g.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.grants g ON g.place_id = an.ancestor_id
    WHERE o.type_id = :type AND g.reaches_below AND g.variant <> '' AND (g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp())) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, a.subject_id AS holder_id, ru.permission_id AS permission_id, ru.effect || CASE WHEN ru.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || ru.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.assignments a ON a.object_id = o.id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.rules ru ON ru.role_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp())) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, a.subject_id AS holder_id, ru.permission_id AS permission_id, ru.effect || CASE WHEN ru.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || ru.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.assignments a ON a.object_id = an.ancestor_id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.rules ru ON ru.role_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp())) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role_grant' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, a.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.assignments a ON a.object_id = o.id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.grants g ON g.subject_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp()) AND (g.variant = '' OR ((g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp()))) AND (g.place_id = 0 OR g.place_id = o.id
    OR EXISTS (SELECT 1 FROM castellan.ancestry up WHERE up.descendant_id = o.id AND up.ancestor_id = g.place_id))) leg CROSS JOIN castellan.taken_for_many()
) leg
UNION ALL
SELECT leg.object_id AS "object_id", leg.holder_id, leg.permission_id, 'role_grant' AS way, leg.rule, 'row' AS "by" FROM (
  SELECT leg.object_id, leg.holder_id, leg.permission_id, leg.rule, random() AS fence FROM (SELECT CASE WHEN o.type_id = :type THEN o.external_id::int END AS object_id, a.subject_id AS holder_id, g.permission_id AS permission_id, g.effect || CASE WHEN g.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || g.condition::text, '') AS rule, random() AS fence
    FROM castellan.objects o JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = :type JOIN castellan.assignments a ON a.object_id = an.ancestor_id JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id JOIN castellan.grants g ON g.subject_id = ei.included_id
    WHERE o.type_id = :type AND (a.starts_at IS NULL OR a.starts_at <= statement_timestamp()) AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp()) AND (g.variant = '' OR ((g.starts_at IS NULL OR g.starts_at <= statement_timestamp()) AND (g.expires_at IS NULL OR g.expires_at > statement_timestamp()))) AND (g.place_id = 0 OR g.place_id = o.id
    OR EXISTS (SELECT 1 FROM castellan.ancestry up WHERE up.descendant_id = o.id AND up.ancestor_id = g.place_id))) leg CROSS JOIN castellan.taken_for_many()
) leg$sql$, ':type', type_id);
END
$castellan$;
