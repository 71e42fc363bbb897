-- CreateTable
CREATE TABLE "castellan"."subjects" (
    "id" SERIAL NOT NULL,
    "type" TEXT COLLATE "C" NOT NULL,
    "external_id" TEXT COLLATE "C" NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "superuser" BOOLEAN NOT NULL DEFAULT false,
    "username" TEXT COLLATE "C",
    "email" TEXT,
    "description" TEXT,
    "attributes" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "subjects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "castellan"."memberships" (
    "group_id" INTEGER NOT NULL,
    "member_id" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("group_id","member_id")
);

-- CreateTable
CREATE TABLE "castellan"."effective_memberships" (
    "member_id" INTEGER NOT NULL,
    "group_id" INTEGER NOT NULL,

    CONSTRAINT "effective_memberships_pkey" PRIMARY KEY ("member_id","group_id")
);

-- CreateTable
CREATE TABLE "castellan"."roles" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "roles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "castellan"."role_inclusions" (
    "role_id" INTEGER NOT NULL,
    "included_id" INTEGER NOT NULL,

    CONSTRAINT "role_inclusions_pkey" PRIMARY KEY ("role_id","included_id")
);

-- CreateTable
CREATE TABLE "castellan"."effective_inclusions" (
    "role_id" INTEGER NOT NULL,
    "included_id" INTEGER NOT NULL,

    CONSTRAINT "effective_inclusions_pkey" PRIMARY KEY ("role_id","included_id")
);

-- CreateTable
CREATE TABLE "castellan"."rules" (
    "id" SERIAL NOT NULL,
    "role_id" INTEGER NOT NULL,
    "permission_id" INTEGER NOT NULL,
    "effect" TEXT NOT NULL DEFAULT 'allow',
    "condition" JSONB,
    "fields" TEXT[] DEFAULT ARRAY[]::TEXT[],

    CONSTRAINT "rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "castellan"."assignments" (
    "id" UUID NOT NULL,
    "subject_id" INTEGER NOT NULL,
    "role_id" INTEGER NOT NULL,
    "object_id" BIGINT,
    "starts_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "assignments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "castellan"."types" (
    "id" SERIAL NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "mode" TEXT NOT NULL DEFAULT 'union',
    "creator_actions" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "built_in" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "types_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "castellan"."permissions" (
    "id" SERIAL NOT NULL,
    "type_id" INTEGER NOT NULL,
    "action" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "permissions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "castellan"."objects" (
    "id" BIGSERIAL NOT NULL,
    "type_id" INTEGER NOT NULL,
    "external_id" TEXT COLLATE "C" NOT NULL,
    "parent_id" BIGINT,
    "attributes" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "objects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "castellan"."ancestry" (
    "descendant_id" BIGINT NOT NULL,
    "ancestor_id" BIGINT NOT NULL,
    "descendant_type_id" INTEGER NOT NULL,
    "depth" SMALLINT NOT NULL,

    CONSTRAINT "ancestry_pkey" PRIMARY KEY ("descendant_id","ancestor_id")
);

-- CreateTable
CREATE TABLE "castellan"."grants" (
    "id" UUID NOT NULL,
    "subject_id" INTEGER NOT NULL,
    "permission_id" INTEGER NOT NULL,
    "object_id" BIGINT,
    "place_id" BIGINT NOT NULL GENERATED ALWAYS AS (COALESCE(object_id, (0)::bigint)) STORED,
    "effect" TEXT NOT NULL DEFAULT 'allow',
    "condition" JSONB,
    "fields" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "starts_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6),
    "variant" TEXT COLLATE "C" NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "grants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "castellan"."credentials" (
    "subject_id" INTEGER NOT NULL,
    "password_hash" TEXT NOT NULL,
    "version" UUID NOT NULL,
    "changed_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "credentials_pkey" PRIMARY KEY ("subject_id")
);

-- CreateTable
CREATE TABLE "castellan"."sessions" (
    "sid" TEXT NOT NULL,
    "sess" JSON NOT NULL,
    "expire" TIMESTAMPTZ(6) NOT NULL,
    "subject_id" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("sid")
);

-- CreateTable
CREATE TABLE "castellan"."changes" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "actor_type" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target_type" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "before" JSONB,
    "after" JSONB,
    "request_id" TEXT NOT NULL,

    CONSTRAINT "changes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "castellan"."settings" (
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "settings_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE UNIQUE INDEX "subjects_username_key" ON "castellan"."subjects"("username");

-- CreateIndex
CREATE UNIQUE INDEX "subjects_type_external_id_key" ON "castellan"."subjects"("type", "external_id");

-- CreateIndex
CREATE INDEX "memberships_member_id_idx" ON "castellan"."memberships"("member_id");

-- CreateIndex
CREATE INDEX "effective_memberships_group_id_idx" ON "castellan"."effective_memberships"("group_id");

-- CreateIndex
CREATE INDEX "role_inclusions_included_id_idx" ON "castellan"."role_inclusions"("included_id");

-- CreateIndex
CREATE INDEX "effective_inclusions_included_id_idx" ON "castellan"."effective_inclusions"("included_id");

-- CreateIndex
CREATE INDEX "rules_role_id_permission_id_idx" ON "castellan"."rules"("role_id", "permission_id");

-- CreateIndex
CREATE INDEX "rules_permission_id_idx" ON "castellan"."rules"("permission_id");

-- CreateIndex
CREATE INDEX "assignments_role_id_idx" ON "castellan"."assignments"("role_id");

-- CreateIndex
CREATE INDEX "assignments_object_id_idx" ON "castellan"."assignments"("object_id");

-- CreateIndex
CREATE UNIQUE INDEX "assignments_same_key" ON "castellan"."assignments"("subject_id", "role_id", "object_id", "starts_at", "expires_at") NULLS NOT DISTINCT;

-- CreateIndex
CREATE UNIQUE INDEX "types_name_key" ON "castellan"."types"("name");

-- CreateIndex
CREATE UNIQUE INDEX "permissions_type_id_action_key" ON "castellan"."permissions"("type_id", "action");

-- CreateIndex
CREATE INDEX "objects_type_id_id_idx" ON "castellan"."objects"("type_id", "id");

-- CreateIndex
CREATE INDEX "objects_parent_id_idx" ON "castellan"."objects"("parent_id");

-- CreateIndex
CREATE UNIQUE INDEX "objects_type_id_external_id_key" ON "castellan"."objects"("type_id", "external_id");

-- CreateIndex
CREATE INDEX "ancestry_ancestor_id_descendant_type_id_descendant_id_idx" ON "castellan"."ancestry"("ancestor_id", "descendant_type_id", "descendant_id");

-- CreateIndex
CREATE INDEX "grants_object_id_permission_id_subject_id_idx" ON "castellan"."grants"("object_id", "permission_id", "subject_id");

-- CreateIndex
CREATE INDEX "grants_permission_id_idx" ON "castellan"."grants"("permission_id");

-- CreateIndex
CREATE UNIQUE INDEX "grants_same_key" ON "castellan"."grants"("subject_id", "permission_id", "place_id", "variant");

-- CreateIndex
CREATE INDEX "sessions_expire_idx" ON "castellan"."sessions"("expire");

-- CreateIndex
CREATE INDEX "sessions_subject_id_idx" ON "castellan"."sessions"("subject_id");

-- CreateIndex
CREATE INDEX "changes_target_type_target_id_id_idx" ON "castellan"."changes"("target_type", "target_id", "id");

-- CreateIndex
CREATE INDEX "changes_actor_type_actor_id_id_idx" ON "castellan"."changes"("actor_type", "actor_id", "id");

-- AddForeignKey
ALTER TABLE "castellan"."memberships" ADD CONSTRAINT "memberships_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."memberships" ADD CONSTRAINT "memberships_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."effective_memberships" ADD CONSTRAINT "effective_memberships_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."effective_memberships" ADD CONSTRAINT "effective_memberships_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."roles" ADD CONSTRAINT "roles_id_fkey" FOREIGN KEY ("id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."role_inclusions" ADD CONSTRAINT "role_inclusions_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "castellan"."roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."role_inclusions" ADD CONSTRAINT "role_inclusions_included_id_fkey" FOREIGN KEY ("included_id") REFERENCES "castellan"."roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."effective_inclusions" ADD CONSTRAINT "effective_inclusions_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "castellan"."roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."effective_inclusions" ADD CONSTRAINT "effective_inclusions_included_id_fkey" FOREIGN KEY ("included_id") REFERENCES "castellan"."roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."rules" ADD CONSTRAINT "rules_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "castellan"."roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."rules" ADD CONSTRAINT "rules_permission_id_fkey" FOREIGN KEY ("permission_id") REFERENCES "castellan"."permissions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."assignments" ADD CONSTRAINT "assignments_subject_id_fkey" FOREIGN KEY ("subject_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."assignments" ADD CONSTRAINT "assignments_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "castellan"."roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."assignments" ADD CONSTRAINT "assignments_object_id_fkey" FOREIGN KEY ("object_id") REFERENCES "castellan"."objects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."permissions" ADD CONSTRAINT "permissions_type_id_fkey" FOREIGN KEY ("type_id") REFERENCES "castellan"."types"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."objects" ADD CONSTRAINT "objects_type_id_fkey" FOREIGN KEY ("type_id") REFERENCES "castellan"."types"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."objects" ADD CONSTRAINT "objects_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "castellan"."objects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."ancestry" ADD CONSTRAINT "ancestry_descendant_id_fkey" FOREIGN KEY ("descendant_id") REFERENCES "castellan"."objects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."ancestry" ADD CONSTRAINT "ancestry_ancestor_id_fkey" FOREIGN KEY ("ancestor_id") REFERENCES "castellan"."objects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."grants" ADD CONSTRAINT "grants_subject_id_fkey" FOREIGN KEY ("subject_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."grants" ADD CONSTRAINT "grants_permission_id_fkey" FOREIGN KEY ("permission_id") REFERENCES "castellan"."permissions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."grants" ADD CONSTRAINT "grants_object_id_fkey" FOREIGN KEY ("object_id") REFERENCES "castellan"."objects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."credentials" ADD CONSTRAINT "credentials_subject_id_fkey" FOREIGN KEY ("subject_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "castellan"."sessions" ADD CONSTRAINT "sessions_subject_id_fkey" FOREIGN KEY ("subject_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What the values of the model may be, whoever writes them.
ALTER TABLE "castellan"."rules" ADD CONSTRAINT "rules_effect_check" CHECK ("effect" IN ('allow', 'deny'));
ALTER TABLE "castellan"."grants" ADD CONSTRAINT "grants_effect_check" CHECK ("effect" IN ('allow', 'deny'));
ALTER TABLE "castellan"."types" ADD CONSTRAINT "types_mode_check" CHECK ("mode" IN ('union', 'both', 'object'));
ALTER TABLE "castellan"."objects" ADD CONSTRAINT "objects_parent_check" CHECK ("parent_id" <> "id");
ALTER TABLE "castellan"."memberships" ADD CONSTRAINT "memberships_self_check" CHECK ("group_id" <> "member_id");
ALTER TABLE "castellan"."role_inclusions" ADD CONSTRAINT "role_inclusions_self_check" CHECK ("role_id" <> "included_id");

-- Superusers are few, and counted whenever one is to go.
CREATE INDEX "subjects_superusers_idx" ON "castellan"."subjects" ("id") WHERE "superuser";

-- The audit trail is append-only, also for the service's own database role.
CREATE FUNCTION "castellan"."refuse_change_of_audit_trail"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'castellan.changes is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "changes_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "castellan"."changes"
  FOR EACH STATEMENT EXECUTE FUNCTION "castellan"."refuse_change_of_audit_trail"();

-- Built-in groups (their ids are fixed: src/core/built-ins.ts) and built-in resource types.
INSERT INTO "castellan"."subjects" ("id", "type", "external_id", "description") VALUES
  (1, 'group', 'anyone', 'Every request, signed in or not.'),
  (2, 'group', 'authenticated', 'Every known, active subject.');
ALTER SEQUENCE "castellan"."subjects_id_seq" RESTART WITH 101;

INSERT INTO "castellan"."types" ("id", "name", "built_in", "creator_actions") VALUES
  (1, 'user', true, '{view,change,delete,grant}'),
  (2, 'group', true, '{view,change,delete,grant}'),
  (3, 'role', true, '{view,change,delete,grant}'),
  (4, 'type', true, '{view,change,delete,grant}'),
  (5, 'assignment', true, '{}'),
  (6, 'audit', true, '{}'),
  (7, 'access', true, '{}');
ALTER SEQUENCE "castellan"."types_id_seq" RESTART WITH 101;

INSERT INTO "castellan"."permissions" ("type_id", "action")
  SELECT t."id", a."action"
  FROM "castellan"."types" t
  CROSS JOIN LATERAL unnest(CASE t."name"
    WHEN 'audit' THEN '{view,grant}'::text[]
    WHEN 'access' THEN '{evaluate,explain,grant}'::text[]
    ELSE '{view,add,change,delete,grant}'::text[]
  END) WITH ORDINALITY AS a("action", "position")
  ORDER BY t."id", a."position";
ALTER SEQUENCE "castellan"."permissions_id_seq" RESTART WITH 101;

-- Groups and types are objects too, so that rules can be placed on one of them.
INSERT INTO "castellan"."objects" ("type_id", "external_id")
  SELECT 4, "name" FROM "castellan"."types" ORDER BY "id";
INSERT INTO "castellan"."objects" ("type_id", "external_id") VALUES (2, 'anyone'), (2, 'authenticated');
