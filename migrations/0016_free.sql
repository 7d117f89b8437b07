-- Nothing: this number is kept free for a change that is made beside this one, and takes the place of this file.
-- +goose Up

SELECT 1;
