-- What a device is told of goes by the order of the log, for a clock may be set back.
ALTER TABLE "Device" ADD COLUMN "newestEvent" INTEGER NOT NULL DEFAULT 0;
UPDATE "Device" SET "newestEvent" = (
  SELECT coalesce(max(e."id"), 0)
  FROM "Invitation" i JOIN "Event" e ON e."conversationId" = i."conversationId" AND e."seq" = i."endedSeq"
  WHERE i."inviteeId" = "Device"."userId" AND e."at" < "Device"."createdAt"
);
