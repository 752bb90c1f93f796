-- How the source was read last: location, format, permalinks, rules. Validators of another reading are
-- not sent, so that everything is read again when the rules change; what the server asked of us stays.
ALTER TABLE sources ADD COLUMN reading TEXT NOT NULL DEFAULT '';
