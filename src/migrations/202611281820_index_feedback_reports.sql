-- Old reports go with every fetch, and a report of an edition asks for those about its copies: neither should
-- read all of them.
CREATE INDEX feedback_reports_received ON feedback_reports (received_at);
CREATE INDEX feedback_reports_delivery ON feedback_reports (delivery_id);
