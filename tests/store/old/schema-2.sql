PRAGMA application_id = 1346457172;
PRAGMA user_version = 2;
CREATE TABLE answers (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, version TEXT NOT NULL, at REAL NOT NULL,
        input TEXT NOT NULL, output TEXT, tier TEXT NOT NULL, accepted TEXT NOT NULL,
        source TEXT NOT NULL, confidence REAL, label_propensity REAL NOT NULL,
        local INTEGER NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
        cost_usd REAL NOT NULL, latency REAL NOT NULL, run TEXT, node TEXT,
        "index" INTEGER NOT NULL, specialist TEXT, tried TEXT);
INSERT INTO "answers" VALUES('a1m8aw7zphkzqd0rg','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566149602036356919e+09,'{"text":"My card was stolen"}','{"team":"cards"}','python','desk:triage returned it','code',NULL,0.0,0,0,0,0.0,2.92145099956542253494e-03,'r1m8aw7zpfpap5k86','triage',-1,NULL,NULL);
INSERT INTO "answers" VALUES('aqa14aaef47e6698da','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566149682571959498e+09,'{"text":"Where is it?"}',NULL,'human','waiting for a person to answer question qa14aaef47e6698da','code',NULL,1.0,0,0,0,0.0,1.0159155997826019302e-02,'r1m8aw80fdb7xnaca','triage',-1,NULL,'[{"tier":"python","reason":"declined","detail":"desk:triage has no answer to this.","latency":0.009556578999763587,"cost_usd":0.0,"tokens_in":0,"tokens_out":0,"confidence":null}]');
INSERT INTO "answers" VALUES('a1m8aw8185yh1vby4','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566149761315965649e+09,'b2:8dfa8df13154eebd043a44389a63a49a','{"team":"cards"}','python','desk:triage returned it','code',NULL,0.0,0,0,0,0.0,0.00710415400317288,'r1m8aw8183v95dxpm','triage',-1,NULL,NULL);
INSERT INTO "answers" VALUES('aqec57324fad6b318e','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566149835749649995e+09,'{"text":"card boom"}',NULL,'human','waiting for a person to answer question qec57324fad6b318e','code',NULL,1.0,0,0,0,0.0,3.6773149986402131617e-03,'r1m8aw81z8yk7svqt','triage',-1,NULL,'[{"tier":"python","reason":"raised","detail":"desk:triage raised ValueError: no (desk.py:3)","latency":0.0030949780011724215,"cost_usd":0.0,"tokens_in":0,"tokens_out":0,"confidence":null}]');
INSERT INTO "answers" VALUES('0','0','b2:1240a4684403b160e6597a653a88f56c',0.0,'{}',NULL,'0','','model',NULL,0.0,0,0,0,0.0,0.0,NULL,NULL,0,NULL,NULL);
CREATE TABLE audits (
        answer TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL, cloud_output TEXT,
        agrees INTEGER, cost_usd REAL NOT NULL, tokens_in INTEGER NOT NULL,
        tokens_out INTEGER NOT NULL, source TEXT NOT NULL);
INSERT INTO "audits" VALUES('0','0',0.0,NULL,NULL,0.0,0,0,'model');
CREATE TABLE blobs (
        hash TEXT PRIMARY KEY, size INTEGER NOT NULL, codec TEXT NOT NULL, data BLOB NOT NULL, at REAL NOT NULL DEFAULT 0);
INSERT INTO "blobs" VALUES('b2:e2bb1d166a102b3b2f4d71d23c7f4698',2919,'zlib',X'785EDD563D6FDB3010FD2B2C67C140B7424091AD5B916E19122360A453C446241592B22318FAEF7DA428C9769CC40D8A20E8629827DEF7BB77DCF1AA315B9EEF7865AC129EE75F33AE85229E73D7B5ADB19E67BC245758D97A6934E43FA42E99AF8979128A418F095674CE1B459629724EDC131377A6F3AC10B6740C375AD12BD2DEAD608D9E846A1B723CBFE63FFB78876D8563B0D090C685AB9A2C31E998EA99B742BB8AEC055F675CEAB643883BEEFB364468EE7E5311026CAD69C97A198CE22B3DEDDF72DE4A7DCF8721E3961E3B69A90CAEE32D181565294366A2F9B567A5128D23686883E4717D375505C6901F7CE257C30D9F0531BA7037D94EF1AE4647F0B4AD915EAEBBA6C9B812EDF4B730BAE8AC255DF43CFF864F64E120DDB3E42DC4A392978A50D6E988189B3B513CCC86AC71EEB6A8691159DA48DA22A8D1005CA11A4286C04789A83C59C4BC1EB2394545C275763FC745F2DF2459C9663FC3743C484F28B4796C2F9A88D33ABBE65B0348439E4AB21ACF4B7BF715D897EFEC861BCC8ABDE141E7D3351DA804A0E25445D89E4CB9324D0990643C1469954E21E351F5D601724A9C339730BF4C6F9A4B1082EE20BFE6912DC23427B2C0DF583B0E70829F62105017BABFACE248261A98061C084E92806D3EAC9F8F7CCC6FCAE0D5D99F49A5BFB4D1F15C9E491D411D0C24CE91132207453C9DA4D584B4434E45546793DBA922C2F708C4A5BC1872BA47E02F1421E1F62DFE9BD0F116E72EED396ACA11EB9E55FB5859B223EF569D2ED2E641CD1EF254BF232E7CC0520219B7BDAFB1A40680133B41493713696BE54604860DF841B937B01FF759A256639AE00F8A8571333D6E44234BE14D8C05DFF6765700E5C48B271BBD90E6FB7BFDEF16D9B98D3C174667E2E7E53E2EE5F914AD4C6BFC6427E7157FD8C8AB5A16F5F80A72B5E99A92E1ADB2C523C8D778BC1C3F892EFE66C63FBEEF91FBDF47CECF1E567155BEF1B07A191873B55FC705D8FEB12397A8E1F55EA457696841228ABA53E2A3786218FE00E182F6A7',1.79566149601604962355e+09);
INSERT INTO "blobs" VALUES('b2:8dfa8df13154eebd043a44389a63a49a',10011,'zlib',X'785EEDD4410900201004C02A72316C236A01B98720763787309F0DB0ECCE899C3BA3466F6B14A1033B700314909084242421094948421292908424242109494842129290842424210949484212929084242421094948421292F07309E33E96648163',1.79566149760355353356e+09);
CREATE TABLE cache (
        key TEXT PRIMARY KEY, agent TEXT NOT NULL, version TEXT NOT NULL, output TEXT NOT NULL,
        answer TEXT, source TEXT NOT NULL, at REAL NOT NULL, expires REAL);
INSERT INTO "cache" VALUES('0','0','b2:1240a4684403b160e6597a653a88f56c','{}',NULL,'code',0.0,NULL);
CREATE TABLE channel_moves (
        agent TEXT NOT NULL, channel TEXT NOT NULL, version TEXT, previous TEXT, at REAL NOT NULL,
        who TEXT NOT NULL, why TEXT NOT NULL, cause TEXT NOT NULL);
INSERT INTO "channel_moves" VALUES('0','stable',NULL,NULL,0.0,'0','','edit');
CREATE TABLE context_writes (
        run TEXT NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, value TEXT, node TEXT NOT NULL,
        "index" INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (run, seq));
INSERT INTO "context_writes" VALUES('0',0,'0',NULL,'0',0,0.0);
CREATE TABLE definitions (
        hash TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
        at REAL NOT NULL);
INSERT INTO "definitions" VALUES('b2:743830cff686db2145701f35f30b1e24','pin','support','b2:e2bb1d166a102b3b2f4d71d23c7f4698',1.79566149601622867581e+09);
INSERT INTO "definitions" VALUES('b2:f880b500fb876b662a1a1b02a4a0a1dd','agent','triage','{"definition":{"format":1,"name":"triage","description":"Which team should answer this customer message?","input":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false},"output":{"type":"object","properties":{"team":{"type":"string","enum":["cards","payments","other"]}},"required":["team"],"additionalProperties":false},"tiers":[{"function":"desk:triage","timeout":null,"kind":"python"},{"question":"Which team should answer this message?","kind":"human"}],"promise":null,"privacy":"any","version":null,"tools":[],"cost":null,"validators":[],"examples":[]},"specialist":null}',1.79566149601758027077e+09);
INSERT INTO "definitions" VALUES('b2:30ff2d63040abf54e3d6c238b1478d21','agent','measure','{"definition":{"format":1,"name":"measure","description":"","input":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false},"output":{"type":"object","properties":{"words":{"type":"integer"}},"required":["words"],"additionalProperties":false},"tiers":[{"function":"desk:measure","timeout":null,"kind":"python"}],"promise":null,"privacy":"any","version":null,"tools":[],"cost":null,"validators":[],"examples":[]},"specialist":null}',1795661496.02173);
INSERT INTO "definitions" VALUES('b2:9568053f1c49e723f6bc727d277a0f5e','agent','file','{"definition":{"format":1,"name":"file","description":"","input":{"type":"object","properties":{"team":{"type":"string"},"words":{"type":"integer"}},"required":["team","words"],"additionalProperties":false},"output":{"type":"object","properties":{"folder":{"type":"string"}},"required":["folder"],"additionalProperties":false},"tiers":[{"function":"desk:file","timeout":null,"kind":"python"}],"promise":null,"privacy":"any","version":null,"tools":[],"cost":null,"validators":[],"examples":[]},"specialist":null}',1.79566149602305150036e+09);
CREATE TABLE events (
        seq INTEGER NOT NULL, run TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, node TEXT,
        data TEXT NOT NULL, PRIMARY KEY (run, seq));
INSERT INTO "events" VALUES(1,'r1m8aw7zpfpap5k86',1.79566149601635074613e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw7zpfpap5k86',1.79566149601665449144e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw7zpfpap5k86',1.7956614960194568634e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(6,'r1m8aw7zpfpap5k86',1.79566149602193450931e+09,'node_started','file','{}');
INSERT INTO "events" VALUES(8,'r1m8aw7zpfpap5k86',1.79566149602348375325e+09,'run_finished',NULL,'{"state":"done"}');
INSERT INTO "events" VALUES(1,'r1m8aw80fdb7xnaca',1.79566149681414175031e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw80fdb7xnaca',1.79566149681502962116e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw80fdb7xnaca',1.7956614968205125332e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(6,'r1m8aw80fdb7xnaca',1.79566149682678246495e+09,'run_waiting',NULL,'{"state":"waiting"}');
INSERT INTO "events" VALUES(1,'r1m8aw8183v95dxpm',1.79566149760406708717e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw8183v95dxpm',1.79566149760548615459e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw8183v95dxpm',1.79566149760954499249e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(6,'r1m8aw8183v95dxpm',1.79566149761401247977e+09,'node_started','file','{}');
INSERT INTO "events" VALUES(8,'r1m8aw8183v95dxpm',1.79566149761521220203e+09,'run_finished',NULL,'{"state":"done"}');
INSERT INTO "events" VALUES(1,'r1m8aw81z8yk7svqt',1.79566149834448790544e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw81z8yk7svqt',1.79566149835326170918e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw81z8yk7svqt',1.7956614983555178642e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(6,'r1m8aw81z8yk7svqt',1795661498.35846,'run_waiting',NULL,'{"state":"waiting"}');
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
INSERT INTO "inbox" VALUES('qa14aaef47e6698da','triage','Which team should answer this message?','{"text":"Where is it?"}','{"type":"object","properties":{"team":{"type":"string","enum":["cards","payments","other"]}},"required":["team"],"additionalProperties":false}',1.79566149682557177542e+09,'open','r1m8aw80fdb7xnaca','triage',-1,NULL,NULL);
INSERT INTO "inbox" VALUES('qec57324fad6b318e','triage','Which team should answer this message?','{"text":"card boom"}','{"type":"object","properties":{"team":{"type":"string","enum":["cards","payments","other"]}},"required":["team"],"additionalProperties":false}',1.79566149835732650759e+09,'open','r1m8aw81z8yk7svqt','triage',-1,NULL,NULL);
INSERT INTO "inbox" VALUES('0','0','','{}','{}',0.0,'open',NULL,NULL,0,NULL,NULL);
CREATE TABLE lessons (
        night TEXT NOT NULL, agent TEXT NOT NULL, outcome TEXT NOT NULL, reasons TEXT,
        examples INTEGER NOT NULL, seconds REAL NOT NULL, candidate TEXT, deployed TEXT,
        calibration TEXT NOT NULL, gate TEXT NOT NULL);
INSERT INTO "lessons" VALUES('0','0','promoted',NULL,0,0.0,NULL,NULL,'{}','{}');
CREATE TABLE looks (
        agent TEXT NOT NULL, night TEXT, looks INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE memory_writes (
        id INTEGER PRIMARY KEY, scope TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
        value TEXT, at REAL NOT NULL, run TEXT, node TEXT, "index" INTEGER NOT NULL);
INSERT INTO "memory_writes" VALUES(1,'flow','0','0',NULL,0.0,NULL,NULL,0);
CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied REAL NOT NULL);
INSERT INTO "migrations" VALUES(1,'first tables',1.79566149581187176707e+09);
INSERT INTO "migrations" VALUES(2,'what runs share, wait for and keep',1.79566149581534266477e+09);
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
INSERT INTO "node_results" VALUES('r1m8aw7zpfpap5k86','triage',-1,'ok','{"team":"cards"}',NULL,1,1.79566149601664733887e+09,1.7956614960206608772e+09,4,'{"tier":"python","source":"code","answer":"a1m8aw7zphkzqd0rg"}');
INSERT INTO "node_results" VALUES('r1m8aw7zpfpap5k86','measure',-1,'ok','{"words":4}',NULL,1,1.7956614960194439888e+09,1.79566149602178692814e+09,5,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw7zpfpap5k86','file',-1,'ok','{"folder":"cards/fast"}',NULL,1,1.79566149602191233629e+09,1.79566149602310562135e+09,7,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw80fdb7xnaca','triage',-1,'waiting',NULL,'{"message":"A person has been asked (question qa14aaef47e6698da).","inbox":"qa14aaef47e6698da"}',1,1.79566149681501865389e+09,1.79566149682609748836e+09,4,'{"inbox":"qa14aaef47e6698da"}');
INSERT INTO "node_results" VALUES('r1m8aw80fdb7xnaca','measure',-1,'ok','{"words":3}',NULL,1,1.79566149682050085062e+09,1.7956614968264806271e+09,5,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw8183v95dxpm','triage',-1,'ok','{"team":"cards"}',NULL,1,1.79566149760546731953e+09,1.79566149761354327206e+09,4,'{"tier":"python","source":"code","answer":"a1m8aw8185yh1vby4"}');
INSERT INTO "node_results" VALUES('r1m8aw8183v95dxpm','measure',-1,'ok','{"words":2000}',NULL,1,1.79566149760950970648e+09,1.79566149761370658869e+09,5,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw8183v95dxpm','file',-1,'ok','{"folder":"cards/long"}',NULL,1,1.79566149761398887634e+09,1.79566149761486363407e+09,7,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('r1m8aw81z8yk7svqt','triage',-1,'waiting',NULL,'{"message":"A person has been asked (question qec57324fad6b318e).","inbox":"qec57324fad6b318e"}',1,1.79566149835324978829e+09,1.79566149835779190063e+09,4,'{"inbox":"qec57324fad6b318e"}');
INSERT INTO "node_results" VALUES('r1m8aw81z8yk7svqt','measure',-1,'ok','{"words":2}',NULL,1,1.79566149835549879079e+09,1.79566149835817193982e+09,5,'{"tier":"python","source":"code"}');
INSERT INTO "node_results" VALUES('0','0',0,'ok',NULL,NULL,0,0.0,0.0,0,NULL);
CREATE TABLE owed_audits (answer TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL);
INSERT INTO "owed_audits" VALUES('owed','a',1.0);
CREATE TABLE queue (
        id TEXT PRIMARY KEY, flow TEXT NOT NULL, input TEXT NOT NULL, priority INTEGER NOT NULL,
        submitted REAL NOT NULL, state TEXT NOT NULL, run TEXT, title TEXT NOT NULL);
INSERT INTO "queue" VALUES('q1m8aw82fjvy3me39','support','{"text":"My card, later"}',0,1.79566149886622309682e+09,'queued',NULL,'');
INSERT INTO "queue" VALUES('0','0','{}',0,0.0,'queued',NULL,'');
CREATE TABLE runs (
        id TEXT PRIMARY KEY, flow TEXT NOT NULL, flow_hash TEXT NOT NULL, input TEXT NOT NULL,
        state TEXT NOT NULL, created REAL NOT NULL, cause TEXT NOT NULL, seed INTEGER NOT NULL,
        started REAL, finished REAL, output TEXT, failure TEXT, night TEXT,
        owner TEXT, lease_until REAL, parent TEXT, priority INTEGER NOT NULL DEFAULT 0, user TEXT, deadline REAL, compacted REAL, cancel TEXT);
INSERT INTO "runs" VALUES('r1m8aw7zpfpap5k86','support','b2:743830cff686db2145701f35f30b1e24','{"text":"My card was stolen"}','done',1.79566149601574063295e+09,'cli',2360738193,1.79566149601574063295e+09,1.79566149602333593364e+09,'{"team":"cards","folder":"cards/fast"}',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('r1m8aw80fdb7xnaca','support','b2:743830cff686db2145701f35f30b1e24','{"text":"Where is it?"}','waiting',1.79566149681377720836e+09,'cli',661178783,1.79566149681377720836e+09,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('r1m8aw8183v95dxpm','support','b2:743830cff686db2145701f35f30b1e24','b2:8dfa8df13154eebd043a44389a63a49a','done',1.79566149760323643682e+09,'cli',3186503003,1.79566149760323643682e+09,1.7956614976150619984e+09,'{"team":"cards","folder":"cards/long"}',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('r1m8aw81z8yk7svqt','support','b2:743830cff686db2145701f35f30b1e24','{"text":"card boom"}','waiting',1795661498.3441,'cli',455473945,1795661498.3441,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('0','0','b2:1240a4684403b160e6597a653a88f56c','{}','queued',0.0,'0',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
CREATE TABLE signals (
        run TEXT NOT NULL, name TEXT NOT NULL, payload TEXT, at REAL NOT NULL,
        PRIMARY KEY (run, name));
INSERT INTO "signals" VALUES('0','0',NULL,0.0);
CREATE TABLE timers (
        run TEXT NOT NULL, node TEXT NOT NULL, "index" INTEGER NOT NULL, due REAL NOT NULL,
        PRIMARY KEY (run, node, "index")) WITHOUT ROWID;
INSERT INTO "timers" VALUES('0','0',0,0.0);
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
