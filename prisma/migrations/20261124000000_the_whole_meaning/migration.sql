-- DropIndex
DROP INDEX "castellan"."assignments_role_id_idx";

-- DropIndex
DROP INDEX "castellan"."effective_memberships_group_id_idx";

-- AlterTable
ALTER TABLE "castellan"."grants" ADD COLUMN     "reaches_below" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "assignments_role_id_subject_id_idx" ON "castellan"."assignments"("role_id", "subject_id");

-- CreateIndex
CREATE INDEX "effective_memberships_group_id_member_id_idx" ON "castellan"."effective_memberships"("group_id", "member_id");

-- CreateIndex
CREATE INDEX "objects_attributes_idx" ON "castellan"."objects" USING GIN ("attributes" jsonb_path_ops);

-- CreateIndex
CREATE INDEX "subjects_type_id_idx" ON "castellan"."subjects"("type", "id");

-- A user is an object too, and its attributes are the object's.
UPDATE "castellan"."objects" o SET "attributes" = s."attributes"
  FROM "castellan"."subjects" s, "castellan"."types" t
  WHERE t."id" = o."type_id" AND t."name" = 'user' AND s."type" = 'user' AND s."external_id" = o."external_id" AND s."attributes" <> '{}';

-- Few grants are anything but a plain allow, or on an object with others below it: whether a holder has such, and where, is asked often.
CREATE INDEX "grants_not_plain_idx" ON "castellan"."grants" ("subject_id", "permission_id") WHERE "variant" <> '';
CREATE INDEX "grants_reaches_below_idx" ON "castellan"."grants" ("subject_id", "permission_id", "place_id") WHERE "reaches_below";

-- The rules that each principal holds, straight or through its roles (not through its groups): where they are placed (0 for
-- everywhere), and when they count. What a role has been granted, reached by an assignment on an object, is placed on the lower
-- of the two objects, where one is below the other, and nowhere else. "variant" is '' for a plain allow, as in grants;
-- "assigned_on" is the object that the role is assigned on.
CREATE VIEW "castellan"."held_rules" AS
  SELECT g."subject_id" AS "holder_id", g."permission_id", g."place_id", g."effect", g."condition", g."fields",
    g."starts_at", g."expires_at", g."variant", g."id" AS "grant_id", NULL::int AS "rule_id",
    NULL::uuid AS "assignment_id", NULL::bigint AS "assigned_on"
  FROM "castellan"."grants" g
  UNION ALL
  SELECT a."subject_id", ru."permission_id", COALESCE(a."object_id", 0), ru."effect", ru."condition", ru."fields",
    a."starts_at", a."expires_at",
    CASE WHEN ru."effect" = 'allow' AND ru."condition" IS NULL AND ru."fields" = '{}' THEN '' ELSE 'rule' END,
    NULL, ru."id", a."id", a."object_id"
  FROM "castellan"."assignments" a
  JOIN "castellan"."effective_inclusions" ei ON ei."role_id" = a."role_id"
  JOIN "castellan"."rules" ru ON ru."role_id" = ei."included_id"
  UNION ALL
  SELECT a."subject_id", g."permission_id",
    CASE WHEN a."object_id" IS NULL THEN g."place_id" WHEN g."object_id" IS NULL THEN a."object_id"
      WHEN EXISTS (SELECT 1 FROM "castellan"."ancestry" an WHERE an."descendant_id" = a."object_id" AND an."ancestor_id" = g."object_id")
      THEN a."object_id" ELSE g."object_id" END,
    g."effect", g."condition", g."fields",
    GREATEST(a."starts_at", g."starts_at"), LEAST(a."expires_at", g."expires_at"), g."variant",
    g."id", NULL, a."id", a."object_id"
  FROM "castellan"."assignments" a
  JOIN "castellan"."effective_inclusions" ei ON ei."role_id" = a."role_id"
  JOIN "castellan"."grants" g ON g."subject_id" = ei."included_id"
  WHERE a."object_id" IS NULL OR g."object_id" IS NULL OR a."object_id" = g."object_id"
    OR EXISTS (SELECT 1 FROM "castellan"."ancestry" an WHERE an."descendant_id" = a."object_id" AND an."ancestor_id" = g."object_id")
    OR EXISTS (SELECT 1 FROM "castellan"."ancestry" an WHERE an."descendant_id" = g."object_id" AND an."ancestor_id" = a."object_id")
  UNION ALL
  SELECT ei."role_id", ru."permission_id", 0, ru."effect", ru."condition", ru."fields", NULL, NULL,
    CASE WHEN ru."effect" = 'allow' AND ru."condition" IS NULL AND ru."fields" = '{}' THEN '' ELSE 'rule' END,
    NULL, ru."id", NULL, NULL
  FROM "castellan"."effective_inclusions" ei
  JOIN "castellan"."rules" ru ON ru."role_id" = ei."included_id"
  UNION ALL
  SELECT ei."role_id", g."permission_id", g."place_id", g."effect", g."condition", g."fields", g."starts_at", g."expires_at",
    g."variant", g."id", NULL, NULL, NULL
  FROM "castellan"."effective_inclusions" ei
  JOIN "castellan"."grants" g ON g."subject_id" = ei."included_id"
  WHERE ei."included_id" <> ei."role_id";
