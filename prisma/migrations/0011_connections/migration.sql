-- How many connections a device has had: the last of them, on whichever node, is the one it has.
ALTER TABLE "Device" ADD COLUMN "connections" INTEGER NOT NULL DEFAULT 0;
