-- CreateTable
CREATE TABLE "castellan"."tokens" (
    "id" UUID NOT NULL,
    "subject_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6),

    CONSTRAINT "tokens_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "tokens_hash_key" ON "castellan"."tokens"("hash");

-- CreateIndex
CREATE INDEX "tokens_subject_id_id_idx" ON "castellan"."tokens"("subject_id", "id");

-- AddForeignKey
ALTER TABLE "castellan"."tokens" ADD CONSTRAINT "tokens_subject_id_fkey" FOREIGN KEY ("subject_id") REFERENCES "castellan"."subjects"("id") ON DELETE CASCADE ON UPDATE CASCADE;
