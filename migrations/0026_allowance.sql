-- What an account sends without a code is counted hour by hour. One sum that began anew a day after its first amount let twice the allowance out
-- around that moment.
-- +goose Up

ALTER TABLE spending ADD COLUMN uncoded_hours bigint[] NOT NULL DEFAULT '{}';
UPDATE spending SET uncoded_hours = ARRAY[uncoded] WHERE uncoded > 0;
