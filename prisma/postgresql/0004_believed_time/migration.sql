-- What time this installation believes it is, whatever a clock says, and a clock that it does not believe yet.
ALTER TABLE "Meta" ADD COLUMN "believedAt" TIMESTAMPTZ(3);
ALTER TABLE "Meta" ADD COLUMN "claimedAt" TIMESTAMPTZ(3);
ALTER TABLE "Meta" ADD COLUMN "claimSeenMs" BIGINT NOT NULL DEFAULT 0;
