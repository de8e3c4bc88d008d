-- Before, each event of a group was told whole.
UPDATE journal SET body = told_whole(body);
