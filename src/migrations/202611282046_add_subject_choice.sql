-- Owner: src/edition/store.rs

-- Which of the subjects that were tried the other readers get, and by what that was decided, as JSON;
-- empty until it is.
ALTER TABLE editions ADD COLUMN subject_choice TEXT NOT NULL DEFAULT '';
