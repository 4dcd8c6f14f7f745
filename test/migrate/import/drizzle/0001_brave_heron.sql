CREATE TABLE "user" (
	"tenant_id" uuid DEFAULT tenantry.tenant() NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY,
	PRIMARY KEY ("tenant_id", "id")
)
--> statement-breakpoint
ALTER TABLE "notes" ADD COLUMN "owner" bigint--> statement-breakpoint
ALTER TABLE "notes" ADD CONSTRAINT "notes_owner_fk" FOREIGN KEY ("tenant_id","owner") REFERENCES "public"."user"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TYPE "public"."note_state" ADD VALUE 'late';
