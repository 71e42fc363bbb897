-- AlterTable
ALTER TABLE "castellan"."assignments" ADD COLUMN     "from_file" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "castellan"."grants" ADD COLUMN     "from_file" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "castellan"."memberships" ADD COLUMN     "from_file" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "castellan"."objects" ADD COLUMN     "from_file" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "castellan"."subjects" ADD COLUMN     "from_file" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "castellan"."types" ADD COLUMN     "from_file" BOOLEAN NOT NULL DEFAULT false;
