-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "Note" (
    "tenant_id" UUID NOT NULL DEFAULT tenantry.tenant(),
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "body" TEXT NOT NULL,

    CONSTRAINT "Note_pkey" PRIMARY KEY ("tenant_id", "id")
);
