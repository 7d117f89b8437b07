-- English is written as in America throughout. A name that somebody has changed since stays.
-- +goose Up

UPDATE currencies SET name_en = 'Russian ruble' WHERE letter = 'P' AND name_en = 'Russian rouble';
UPDATE currencies SET name_en = 'Belarusian ruble' WHERE letter = 'B' AND name_en = 'Belarusian rouble';
