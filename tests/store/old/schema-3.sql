PRAGMA application_id = 1346457172;
PRAGMA user_version = 3;
CREATE TABLE alarms (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,
        slice TEXT NOT NULL, statistic REAL NOT NULL, detail TEXT NOT NULL, state TEXT NOT NULL);
INSERT INTO "alarms" VALUES('0','0',0.0,'0','0',0.0,'{}','open');
CREATE TABLE answers (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, version TEXT NOT NULL, at REAL NOT NULL,
        input TEXT NOT NULL, output TEXT, tier TEXT NOT NULL, accepted TEXT NOT NULL,
        source TEXT NOT NULL, confidence REAL, label_propensity REAL NOT NULL,
        local INTEGER NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
        cost_usd REAL NOT NULL, latency REAL NOT NULL, run TEXT, node TEXT,
        "index" INTEGER NOT NULL, specialist TEXT, tried TEXT);
INSERT INTO "answers" VALUES('a1m8aw83r3nmtbsv9','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566150016612386701e+09,'{"text":"My card was stolen"}','{"team":"cards"}','python','desk:triage returned it','code',NULL,0.0,0,0,0,0.0,2.71678100034478120505e-03,'r1m8aw83r1rfpqdg4','triage',-1,NULL,NULL);
INSERT INTO "answers" VALUES('aq503b6013fc2c8280','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566150091022253033e+09,'{"text":"Where is it?"}',NULL,'human','waiting for a person to answer question q503b6013fc2c8280','code',NULL,1.0,0,0,0,0.0,4.28386299972771666944e-03,'r1m8aw84ew0keea4n','triage',-1,NULL,'[{"tier":"python","reason":"declined","detail":"desk:triage has no answer to this.","latency":0.0036153879991616122,"cost_usd":0.0,"tokens_in":0,"tokens_out":0,"confidence":null}]');
INSERT INTO "answers" VALUES('a1m8aw85g0pn9c07j','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566150196842384337e+09,'b2:8dfa8df13154eebd043a44389a63a49a','{"team":"cards"}','python','desk:triage returned it','code',NULL,0.0,0,0,0,0.0,1.58372379992215428501e-02,'r1m8aw85fyyzh052q','triage',-1,NULL,NULL);
INSERT INTO "answers" VALUES('aq80cf73aae8e72b78','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566150317926263814e+09,'{"text":"card boom"}',NULL,'human','waiting for a person to answer question q80cf73aae8e72b78','code',NULL,1.0,0,0,0,0.0,5.30125599834718741476e-03,'r1m8aw86p0cjrzx9f','triage',-1,NULL,'[{"tier":"python","reason":"raised","detail":"desk:triage raised ValueError: no (desk.py:3)","latency":0.00470317100189277,"cost_usd":0.0,"tokens_in":0,"tokens_out":0,"confidence":null}]');
INSERT INTO "answers" VALUES('0','0','b2:1240a4684403b160e6597a653a88f56c',0.0,'{}',NULL,'0','','model',NULL,0.0,0,0,0,0.0,0.0,NULL,NULL,0,NULL,NULL);
CREATE TABLE audits (
        answer TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL, cloud_output TEXT,
        agrees INTEGER, cost_usd REAL NOT NULL, tokens_in INTEGER NOT NULL,
        tokens_out INTEGER NOT NULL, source TEXT NOT NULL, judge TEXT);
INSERT INTO "audits" VALUES('0','0',0.0,NULL,NULL,0.0,0,0,'model',NULL);
CREATE TABLE blobs (
        hash TEXT PRIMARY KEY, size INTEGER NOT NULL, codec TEXT NOT NULL, data BLOB NOT NULL, at REAL NOT NULL DEFAULT 0);
INSERT INTO "blobs" VALUES('b2:e2bb1d166a102b3b2f4d71d23c7f4698',2919,'zlib',X'785EDD563D6FDB3010FD2B2C67C140B7424091AD5B916E19122360A453C446241592B22318FAEF7DA428C9769CC40D8A20E8629827DEF7BB77DCF1AA315B9EEF7865AC129EE75F33AE85229E73D7B5ADB19E67BC245758D97A6934E43FA42E99AF8979128A418F095674CE1B459629724EDC131377A6F3AC10B6740C375AD12BD2DEAD608D9E846A1B723CBFE63FFB78876D8563B0D090C685AB9A2C31E998EA99B742BB8AEC055F675CEAB643883BEEFB364468EE7E5311026CAD69C97A198CE22B3DEDDF72DE4A7DCF8721E3961E3B69A90CAEE32D181565294366A2F9B567A5128D23686883E4717D375505C6901F7CE257C30D9F0531BA7037D94EF1AE4647F0B4AD915EAEBBA6C9B812EDF4B730BAE8AC255DF43CFF864F64E120DDB3E42DC4A392978A50D6E988189B3B513CCC86AC71EEB6A8691159DA48DA22A8D1005CA11A4286C04789A83C59C4BC1EB2394545C275763FC745F2DF2459C9663FC3743C484F28B4796C2F9A88D33ABBE65B0348439E4AB21ACF4B7BF715D897EFEC861BCC8ABDE141E7D3351DA804A0E25445D89E4CB9324D0990643C1469954E21E351F5D601724A9C339730BF4C6F9A4B1082EE20BFE6912DC23427B2C0DF583B0E70829F62105017BABFACE248261A98061C084E92806D3EAC9F8F7CCC6FCAE0D5D99F49A5BFB4D1F15C9E491D411D0C24CE91132207453C9DA4D584B4434E45546793DBA922C2F708C4A5BC1872BA47E02F1421E1F62DFE9BD0F116E72EED396ACA11EB9E55FB5859B223EF569D2ED2E641CD1EF254BF232E7CC0520219B7BDAFB1A40680133B41493713696BE54604860DF841B937B01FF759A256639AE00F8A8571333D6E44234BE14D8C05DFF6765700E5C48B271BBD90E6FB7BFDEF16D9B98D3C174667E2E7E53E2EE5F914AD4C6BFC6427E7157FD8C8AB5A16F5F80A72B5E99A92E1ADB2C523C8D778BC1C3F892EFE66C63FBEEF91FBDF47CECF1E567155BEF1B07A191873B55FC705D8FEB12397A8E1F55EA457696841228ABA53E2A3786218FE00E182F6A7',1.79566150016217470166e+09);
INSERT INTO "blobs" VALUES('b2:8dfa8df13154eebd043a44389a63a49a',10011,'zlib',X'785EEDD4410900201004C02A72316C236A01B98720763787309F0DB0ECCE899C3BA3466F6B14A1033B700314909084242421094948421292908424242109494842129290842424210949484212929084242421094948421292F07309E33E96648163',1.79566150195056915286e+09);
CREATE TABLE cache (
        key TEXT PRIMARY KEY, agent TEXT NOT NULL, version TEXT NOT NULL, output TEXT NOT NULL,
        answer TEXT, source TEXT NOT NULL, at REAL NOT NULL, expires REAL);
INSERT INTO "cache" VALUES('0','0','b2:1240a4684403b160e6597a653a88f56c','{}',NULL,'code',0.0,NULL);
CREATE TABLE channel_moves (
        agent TEXT NOT NULL, channel TEXT NOT NULL, version TEXT, previous TEXT, at REAL NOT NULL,
        who TEXT NOT NULL, why TEXT NOT NULL, cause TEXT NOT NULL, share REAL NOT NULL DEFAULT 1);
INSERT INTO "channel_moves" VALUES('0','stable',NULL,NULL,0.0,'0','','edit',1.0);
CREATE TABLE context_writes (
        run TEXT NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, value TEXT, node TEXT NOT NULL,
        "index" INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (run, seq));
INSERT INTO "context_writes" VALUES('0',0,'0',NULL,'0',0,0.0);
CREATE TABLE decisions (
        agent TEXT NOT NULL, night TEXT NOT NULL, test TEXT NOT NULL, subject TEXT NOT NULL,
        level REAL NOT NULL, e_value REAL NOT NULL, rejected INTEGER NOT NULL, at REAL NOT NULL);
INSERT INTO "decisions" VALUES('0','0','0','0',0.0,0.0,0,0.0);
CREATE TABLE definitions (
        hash TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
        at REAL NOT NULL);
INSERT INTO "definitions" VALUES('b2:743830cff686db2145701f35f30b1e24','pin','support','b2:e2bb1d166a102b3b2f4d71d23c7f4698',1.79566150016241860391e+09);
INSERT INTO "definitions" VALUES('b2:f880b500fb876b662a1a1b02a4a0a1dd','agent','triage','{"definition":{"format":1,"name":"triage","description":"Which team should answer this customer message?","input":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false},"output":{"type":"object","properties":{"team":{"type":"string","enum":["cards","payments","other"]}},"required":["team"],"additionalProperties":false},"tiers":[{"function":"desk:triage","timeout":null,"kind":"python"},{"question":"Which team should answer this message?","kind":"human"}],"promise":null,"privacy":"any","version":null,"tools":[],"cost":null,"validators":[],"examples":[]},"specialist":null}',1.7956615001634719372e+09);
INSERT INTO "definitions" VALUES('b2:30ff2d63040abf54e3d6c238b1478d21','agent','measure','{"definition":{"format":1,"name":"measure","description":"","input":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false},"output":{"type":"object","properties":{"words":{"type":"integer"}},"required":["words"],"additionalProperties":false},"tiers":[{"function":"desk:measure","timeout":null,"kind":"python"}],"promise":null,"privacy":"any","version":null,"tools":[],"cost":null,"validators":[],"examples":[]},"specialist":null}',1.79566150016651058197e+09);
INSERT INTO "definitions" VALUES('b2:9568053f1c49e723f6bc727d277a0f5e','agent','file','{"definition":{"format":1,"name":"file","description":"","input":{"type":"object","properties":{"team":{"type":"string"},"words":{"type":"integer"}},"required":["team","words"],"additionalProperties":false},"output":{"type":"object","properties":{"folder":{"type":"string"}},"required":["folder"],"additionalProperties":false},"tiers":[{"function":"desk:file","timeout":null,"kind":"python"}],"promise":null,"privacy":"any","version":null,"tools":[],"cost":null,"validators":[],"examples":[]},"specialist":null}',1795661500.1677);
CREATE TABLE events (
        seq INTEGER NOT NULL, run TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, node TEXT,
        data TEXT NOT NULL, PRIMARY KEY (run, seq));
INSERT INTO "events" VALUES(1,'r1m8aw83r1rfpqdg4',1.79566150016262912753e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw83r1rfpqdg4',1.79566150016296267508e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw83r1rfpqdg4',1.79566150016507863991e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(6,'r1m8aw83r1rfpqdg4',1.79566150016680622101e+09,'node_started','file','{}');
INSERT INTO "events" VALUES(8,'r1m8aw83r1rfpqdg4',1.79566150016809439665e+09,'run_finished',NULL,'{"state":"done"}');
INSERT INTO "events" VALUES(1,'r1m8aw84ew0keea4n',1.79566150089289188387e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw84ew0keea4n',1.79566150090533947943e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw84ew0keea4n',1.79566150090787768366e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(6,'r1m8aw84ew0keea4n',1.79566150091116571423e+09,'run_waiting',NULL,'{"state":"waiting"}');
INSERT INTO "events" VALUES(1,'r1m8aw85fyyzh052q',1.79566150195081925388e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw85fyyzh052q',1.79566150195201563836e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw85fyyzh052q',1.7956615019653060436e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(6,'r1m8aw85fyyzh052q',1.79566150196970796592e+09,'node_started','file','{}');
INSERT INTO "events" VALUES(8,'r1m8aw85fyyzh052q',1.79566150197095799438e+09,'run_finished',NULL,'{"state":"done"}');
INSERT INTO "events" VALUES(1,'r1m8aw86p0cjrzx9f',1.79566150316894674295e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw86p0cjrzx9f',1.79566150317340278625e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw86p0cjrzx9f',1.79566150317752289775e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(6,'r1m8aw86p0cjrzx9f',1.79566150318038630483e+09,'run_waiting',NULL,'{"state":"waiting"}');
CREATE TABLE evidence (
        agent TEXT NOT NULL, test TEXT NOT NULL, subject TEXT NOT NULL, night TEXT NOT NULL,
        at REAL NOT NULL, log_e REAL NOT NULL, rows INTEGER NOT NULL, wins INTEGER NOT NULL,
        losses INTEGER NOT NULL, state TEXT NOT NULL);
INSERT INTO "evidence" VALUES('0','0','0','0',0.0,0.0,0,0,0,'{}');
CREATE TABLE examples (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, input TEXT NOT NULL, output TEXT NOT NULL,
        source TEXT NOT NULL, drawn TEXT NOT NULL, at REAL NOT NULL, "group" TEXT NOT NULL,
        split TEXT NOT NULL, propensity REAL NOT NULL, weight REAL NOT NULL, answer TEXT,
        gold TEXT);
INSERT INTO "examples" VALUES('0','0','{}','{}','cloud','bootstrap',0.0,'b2:1240a4684403b160e6597a653a88f56c','train',0.0,0.0,NULL,NULL);
CREATE TABLE feedback (
        answer TEXT NOT NULL, agent TEXT NOT NULL, at REAL NOT NULL, verdict TEXT NOT NULL,
        source TEXT NOT NULL, correction TEXT, note TEXT NOT NULL);
INSERT INTO "feedback" VALUES('0','0',0.0,'good','user',NULL,'');
CREATE TABLE inbox (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, question TEXT NOT NULL, input TEXT NOT NULL,
        schema TEXT NOT NULL, asked REAL NOT NULL, state TEXT NOT NULL, run TEXT, node TEXT,
        "index" INTEGER NOT NULL, answer TEXT, answered REAL);
INSERT INTO "inbox" VALUES('q503b6013fc2c8280','triage','Which team should answer this message?','{"text":"Where is it?"}','{"type":"object","properties":{"team":{"type":"string","enum":["cards","payments","other"]}},"required":["team"],"additionalProperties":false}',1.7956615009100594521e+09,'open','r1m8aw84ew0keea4n','triage',-1,NULL,NULL);
INSERT INTO "inbox" VALUES('q80cf73aae8e72b78','triage','Which team should answer this message?','{"text":"card boom"}','{"type":"object","properties":{"team":{"type":"string","enum":["cards","payments","other"]}},"required":["team"],"additionalProperties":false}',1.79566150317910766596e+09,'open','r1m8aw86p0cjrzx9f','triage',-1,NULL,NULL);
INSERT INTO "inbox" VALUES('0','0','','{}','{}',0.0,'open',NULL,NULL,0,NULL,NULL);
CREATE TABLE judgements (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, example TEXT NOT NULL, at REAL NOT NULL,
        verdict TEXT NOT NULL, output TEXT, who TEXT NOT NULL, local_output TEXT NOT NULL,
        cloud_output TEXT NOT NULL, source TEXT NOT NULL);
INSERT INTO "judgements" VALUES('0','0','0',0.0,'cloud',NULL,'0','{}','{}','user');
CREATE TABLE lessons (
        night TEXT NOT NULL, agent TEXT NOT NULL, outcome TEXT NOT NULL, reasons TEXT,
        examples INTEGER NOT NULL, seconds REAL NOT NULL, candidate TEXT, deployed TEXT,
        calibration TEXT NOT NULL, gate TEXT NOT NULL);
INSERT INTO "lessons" VALUES('0','0','promoted',NULL,0,0.0,NULL,NULL,'{}','{}');
CREATE TABLE looks (
        agent TEXT NOT NULL, night TEXT, looks INTEGER NOT NULL, at REAL NOT NULL, purpose TEXT NOT NULL DEFAULT '', rows INTEGER NOT NULL DEFAULT 0);
INSERT INTO "looks" VALUES('0',NULL,0,0.0,'0',0);
CREATE TABLE memory_writes (
        id INTEGER PRIMARY KEY, scope TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
        value TEXT, at REAL NOT NULL, run TEXT, node TEXT, "index" INTEGER NOT NULL);
INSERT INTO "memory_writes" VALUES(1,'flow','0','0',NULL,0.0,NULL,NULL,0);
CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied REAL NOT NULL);
INSERT INTO "migrations" VALUES(1,'first tables',1.79566149996458292005e+09);
INSERT INTO "migrations" VALUES(2,'what runs share, wait for and keep',1.79566149996840119357e+09);
INSERT INTO "migrations" VALUES(3,'what nights try, test, watch and suggest',1.79566149997210502626e+09);
CREATE TABLE monitors (agent TEXT PRIMARY KEY, state TEXT NOT NULL);
INSERT INTO "monitors" VALUES('a','{"x":1}');
CREATE TABLE nights (
        id TEXT PRIMARY KEY, started REAL NOT NULL, seed INTEGER NOT NULL, finished REAL,
        state TEXT NOT NULL, summary TEXT NOT NULL);
INSERT INTO "nights" VALUES('0',0.0,0,NULL,'running','{}');
CREATE TABLE node_results (
        run TEXT NOT NULL, node TEXT NOT NULL, "index" INTEGER NOT NULL, state TEXT NOT NULL,
        output TEXT, reason TEXT, attempts INTEGER NOT NULL, started REAL NOT NULL,
        finished REAL NOT NULL, seq INTEGER NOT NULL DEFAULT 0, note TEXT, PRIMARY KEY (run, node, "index"));
INSERT INTO "node_results" VALUES('r1m8aw83r1rfpqdg4','triage',-1,'ok','{"team":"cards"}',NULL,1,1.79566150016295552251e+09,1.79566150016636013981e+09,4,'{"tier":"python","source":"code","answer":"a1m8aw83r3nmtbsv9"}');
INSERT INTO "node_results" VALUES('r1m8aw83r1rfpqdg4','measure',-1,'ok','{"words":4}',NULL,1,1.79566150016503429413e+09,1.7956615001665406227e+09,5,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw83r1rfpqdg4','file',-1,'ok','{"folder":"cards/fast"}',NULL,1,1.7956615001667897701e+09,1.79566150016774773601e+09,7,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw84ew0keea4n','triage',-1,'waiting',NULL,'{"message":"A person has been asked (question q503b6013fc2c8280).","inbox":"q503b6013fc2c8280"}',1,1.79566150090532541277e+09,1.79566150091053104405e+09,4,'{"inbox":"q503b6013fc2c8280"}');
INSERT INTO "node_results" VALUES('r1m8aw84ew0keea4n','measure',-1,'ok','{"words":3}',NULL,1,1.79566150090785741806e+09,1.79566150091070771219e+09,5,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw85fyyzh052q','triage',-1,'ok','{"team":"cards"}',NULL,1,1.79566150195200014113e+09,1.79566150196918392174e+09,4,'{"tier":"python","source":"code","answer":"a1m8aw85g0pn9c07j"}');
INSERT INTO "node_results" VALUES('r1m8aw85fyyzh052q','measure',-1,'ok','{"words":2000}',NULL,1,1.79566150196528649327e+09,1.79566150196958088875e+09,5,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw85fyyzh052q','file',-1,'ok','{"folder":"cards/long"}',NULL,1,1.79566150196969032291e+09,1.79566150197062134744e+09,7,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw86p0cjrzx9f','triage',-1,'waiting',NULL,'{"message":"A person has been asked (question q80cf73aae8e72b78).","inbox":"q80cf73aae8e72b78"}',1,1.79566150317338681218e+09,1.79566150317958593369e+09,4,'{"inbox":"q80cf73aae8e72b78"}');
INSERT INTO "node_results" VALUES('r1m8aw86p0cjrzx9f','measure',-1,'ok','{"words":2}',NULL,1,1.79566150317750930793e+09,1.79566150318008160586e+09,5,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('0','0',0,'ok',NULL,NULL,0,0.0,0.0,0,NULL);
CREATE TABLE owed_audits (answer TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL);
INSERT INTO "owed_audits" VALUES('owed','a',1.0);
CREATE TABLE predictions (
        agent TEXT NOT NULL, version TEXT NOT NULL, example TEXT NOT NULL, at REAL NOT NULL,
        output TEXT NOT NULL, score REAL NOT NULL, accepted INTEGER NOT NULL,
        PRIMARY KEY (agent, version, example));
INSERT INTO "predictions" VALUES('0','b2:1240a4684403b160e6597a653a88f56c','0',0.0,'{}',0.0,0);
CREATE TABLE queue (
        id TEXT PRIMARY KEY, flow TEXT NOT NULL, input TEXT NOT NULL, priority INTEGER NOT NULL,
        submitted REAL NOT NULL, state TEXT NOT NULL, run TEXT, title TEXT NOT NULL);
INSERT INTO "queue" VALUES('q1m8aw87cg9yx2n84','support','{"text":"My card, later"}',0,1.79566150388835406304e+09,'queued',NULL,'');
INSERT INTO "queue" VALUES('0','0','{}',0,0.0,'queued',NULL,'');
CREATE TABLE runs (
        id TEXT PRIMARY KEY, flow TEXT NOT NULL, flow_hash TEXT NOT NULL, input TEXT NOT NULL,
        state TEXT NOT NULL, created REAL NOT NULL, cause TEXT NOT NULL, seed INTEGER NOT NULL,
        started REAL, finished REAL, output TEXT, failure TEXT, night TEXT,
        owner TEXT, lease_until REAL, parent TEXT, priority INTEGER NOT NULL DEFAULT 0, user TEXT, deadline REAL, compacted REAL, cancel TEXT);
INSERT INTO "runs" VALUES('r1m8aw83r1rfpqdg4','support','b2:743830cff686db2145701f35f30b1e24','{"text":"My card was stolen"}','done',1.79566150016184353831e+09,'cli',2838548263,1.79566150016184353831e+09,1.79566150016795706744e+09,'{"team":"cards","folder":"cards/fast"}',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('r1m8aw84ew0keea4n','support','b2:743830cff686db2145701f35f30b1e24','{"text":"Where is it?"}','waiting',1.7956615008924951553e+09,'cli',3312118577,1.7956615008924951553e+09,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('r1m8aw85fyyzh052q','support','b2:743830cff686db2145701f35f30b1e24','b2:8dfa8df13154eebd043a44389a63a49a','done',1.79566150195024800293e+09,'cli',2482447062,1.79566150195024800293e+09,1.79566150197080826762e+09,'{"team":"cards","folder":"cards/long"}',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('r1m8aw86p0cjrzx9f','support','b2:743830cff686db2145701f35f30b1e24','{"text":"card boom"}','waiting',1.79566150316835498814e+09,'cli',2692146766,1.79566150316835498814e+09,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('0','0','b2:1240a4684403b160e6597a653a88f56c','{}','queued',0.0,'0',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
CREATE TABLE signals (
        run TEXT NOT NULL, name TEXT NOT NULL, payload TEXT, at REAL NOT NULL,
        PRIMARY KEY (run, name));
INSERT INTO "signals" VALUES('0','0',NULL,0.0);
CREATE TABLE suggestions (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, at REAL NOT NULL,
        body TEXT NOT NULL, state TEXT NOT NULL);
INSERT INTO "suggestions" VALUES('0','agent','0',0.0,'{}','open');
CREATE TABLE timers (
        run TEXT NOT NULL, node TEXT NOT NULL, "index" INTEGER NOT NULL, due REAL NOT NULL,
        PRIMARY KEY (run, node, "index")) WITHOUT ROWID;
INSERT INTO "timers" VALUES('0','0',0,0.0);
CREATE TABLE trials (
        key TEXT PRIMARY KEY, agent TEXT NOT NULL, night TEXT NOT NULL, rung TEXT NOT NULL,
        at REAL NOT NULL, seconds REAL NOT NULL, state TEXT NOT NULL, result TEXT NOT NULL,
        artifact TEXT);
INSERT INTO "trials" VALUES('0','0','0','0',0.0,0.0,'done','{}',NULL);
CREATE TABLE versions (
        hash TEXT PRIMARY KEY, agent TEXT NOT NULL, number INTEGER NOT NULL, parent TEXT,
        cause TEXT NOT NULL, created REAL NOT NULL, state TEXT NOT NULL, evidence TEXT NOT NULL,
        artifact TEXT NOT NULL, night TEXT, UNIQUE (agent, number));
INSERT INTO "versions" VALUES('b2:1240a4684403b160e6597a653a88f56c','0',0,NULL,'edit',0.0,'candidate','{}','b2:1240a4684403b160e6597a653a88f56c',NULL);
CREATE INDEX runs_by_time ON runs (created);
CREATE INDEX runs_by_state ON runs (state, created);
CREATE INDEX runs_by_flow ON runs (flow, created);
CREATE INDEX answers_by_agent ON answers (agent, at);
CREATE INDEX answers_by_time ON answers (at);
CREATE INDEX answers_by_run ON answers (run, node) WHERE run IS NOT NULL;
CREATE INDEX audits_by_agent ON audits (agent, at);
CREATE INDEX feedback_by_answer ON feedback (answer);
CREATE INDEX feedback_by_agent ON feedback (agent, at);
CREATE INDEX examples_by_agent ON examples (agent, split, at);
CREATE INDEX examples_by_group ON examples (agent, "group");
CREATE INDEX channel_moves_by_agent ON channel_moves (agent, channel);
CREATE INDEX looks_by_agent ON looks (agent);
CREATE INDEX queue_by_state ON queue (state, priority, submitted);
CREATE INDEX inbox_by_state ON inbox (state, asked);
CREATE INDEX inbox_by_run ON inbox (run) WHERE run IS NOT NULL;
CREATE INDEX lessons_by_night ON lessons (night);
CREATE INDEX lessons_by_agent ON lessons (agent);
CREATE INDEX runs_to_cancel ON runs (cancel) WHERE cancel IS NOT NULL;
CREATE INDEX memory_by_name ON memory_writes (scope, owner, name, id);
CREATE INDEX timers_by_due ON timers (due);
CREATE INDEX cache_by_agent ON cache (agent);
CREATE INDEX cache_by_expiry ON cache (expires) WHERE expires IS NOT NULL;
CREATE INDEX trials_by_agent ON trials (agent, night);
CREATE INDEX evidence_by_test ON evidence (agent, test, subject);
CREATE INDEX judgements_by_agent ON judgements (agent, example);
CREATE INDEX predictions_by_time ON predictions (agent, at);
CREATE INDEX alarms_by_agent ON alarms (agent, state);
