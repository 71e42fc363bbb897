-- CreateTable
CREATE TABLE "castellan"."imports" (
    "source" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "rows" BIGINT NOT NULL,
    "digest" TEXT NOT NULL,
    "rejected" BIGINT NOT NULL,
    "rejects_size" BIGINT NOT NULL,
    "counts" JSONB NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "imports_pkey" PRIMARY KEY ("source")
);
