CREATE TYPE "public"."note_state" AS ENUM('open', 'done');--> statement-breakpoint
CREATE TABLE "notes" (
	"tenant_id" uuid DEFAULT tenantry.tenant() NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY,
	"state" "note_state" DEFAULT 'open' NOT NULL,
	PRIMARY KEY ("tenant_id", "id")
);
