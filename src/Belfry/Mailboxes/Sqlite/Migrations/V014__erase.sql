-- Forgetting a user.
CREATE INDEX topic_members_user ON topic_members (user_id);
