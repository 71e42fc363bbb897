-- AlterTable
ALTER TABLE "castellan"."memberships" ADD COLUMN     "from_provider" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "castellan"."tokens" ADD COLUMN     "permissions" TEXT[];

-- CreateTable
CREATE TABLE "castellan"."provider_sayings" (
    "subject_id" INTEGER NOT NULL,
    "said_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "provider_sayings_pkey" PRIMARY KEY ("subject_id")
);

-- AddForeignKey
ALTER TABLE "castellan"."provider_sayings" ADD CONSTRAINT "provider_sayings_subject_id_fkey" FOREIGN KEY ("subject_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;
