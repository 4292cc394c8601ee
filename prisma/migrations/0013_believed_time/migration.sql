-- What time this installation believes it is, whatever a clock says, and a clock that it does not believe yet.
ALTER TABLE "Meta" ADD COLUMN "believedAt" DATETIME;
ALTER TABLE "Meta" ADD COLUMN "claimedAt" DATETIME;
ALTER TABLE "Meta" ADD COLUMN "claimSeenMs" INTEGER NOT NULL DEFAULT 0;
