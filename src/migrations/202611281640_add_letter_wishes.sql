-- What the form said that a letter asks to confirm, as JSON: whoever is on the list already, waiting or gone,
-- gets it once they confirm. Empty for those whom the form put on the list.
ALTER TABLE letters ADD COLUMN wish TEXT;
