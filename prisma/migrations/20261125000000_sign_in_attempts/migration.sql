-- CreateTable
CREATE TABLE "castellan"."sign_in_attempts" (
    "key" TEXT NOT NULL,
    "counted" INTEGER NOT NULL,
    "since" TIMESTAMPTZ(6) NOT NULL,
    "blocks" INTEGER NOT NULL DEFAULT 0,
    "blocked_until" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "sign_in_attempts_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "castellan"."sign_in_places" (
    "subject_id" INTEGER NOT NULL,
    "place" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sign_in_places_pkey" PRIMARY KEY ("subject_id","place")
);

-- CreateIndex
CREATE INDEX "sign_in_attempts_expires_at_idx" ON "castellan"."sign_in_attempts"("expires_at");

-- AddForeignKey
ALTER TABLE "castellan"."sign_in_places" ADD CONSTRAINT "sign_in_places_subject_id_fkey" FOREIGN KEY ("subject_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;
