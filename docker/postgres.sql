-- By default every role may enter the databases that every server has. Run once, when the volume is new.
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
