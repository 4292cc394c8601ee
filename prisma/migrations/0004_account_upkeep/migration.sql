-- When a deletion that was asked for is due, and why stays are still to be ended.
ALTER TABLE "User" ADD COLUMN "deletionAt" DATETIME;
ALTER TABLE "User" ADD COLUMN "departure" TEXT CHECK ("departure" IN ('recovered', 'deleted'));
CREATE INDEX "User_deletionAt_idx" ON "User" ("deletionAt") WHERE "deletionAt" IS NOT NULL;
CREATE INDEX "User_departure_idx" ON "User" ("departure") WHERE "departure" IS NOT NULL;

-- So that the same request again gets the first answer.
ALTER TABLE "Certificate" ADD COLUMN "requestHash" TEXT;

-- What is open to one user, whatever has ended.
CREATE INDEX "Invitation_inviteeId_open_idx" ON "Invitation" ("inviteeId") WHERE "endedSeq" IS NULL;
