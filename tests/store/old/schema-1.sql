PRAGMA application_id = 1346457172;
PRAGMA user_version = 1;
CREATE TABLE answers (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, version TEXT NOT NULL, at REAL NOT NULL,
        input TEXT NOT NULL, output TEXT, tier TEXT NOT NULL, accepted TEXT NOT NULL,
        source TEXT NOT NULL, confidence REAL, label_propensity REAL NOT NULL,
        local INTEGER NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
        cost_usd REAL NOT NULL, latency REAL NOT NULL, run TEXT, node TEXT,
        "index" INTEGER NOT NULL, specialist TEXT, tried TEXT);
INSERT INTO "answers" VALUES('a1m8aw7vb0wzdehxz','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566149155978512768e+09,'{"text":"My card was stolen"}','{"team":"cards"}','python','desk:triage returned it','code',NULL,0.0,0,0,0,0.0,7.59222299893735907971e-03,'r1m8aw7vayjz0dvd9','triage',-1,NULL,NULL);
INSERT INTO "answers" VALUES('a1m8aw7vb6a31hnnf','measure','b2:30ff2d63040abf54e3d6c238b1478d21',1.79566149156032943724e+09,'{"text":"My card was stolen"}','{"words":4}','python','desk:measure returned it','code',NULL,0.0,0,0,0,0.0,1.86821399984182789921e-03,'r1m8aw7vayjz0dvd9','measure',-1,NULL,NULL);
INSERT INTO "answers" VALUES('a1m8aw7vb8gf8v167','file','b2:9568053f1c49e723f6bc727d277a0f5e',1.79566149156206822387e+09,'{"team":"cards","words":4}','{"folder":"cards/fast"}','python','desk:file returned it','code',NULL,0.0,0,0,0,0.0,1.20087699906434863805e-03,'r1m8aw7vayjz0dvd9','file',-1,NULL,NULL);
INSERT INTO "answers" VALUES('aqe4be5b5199f5edb8','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566149238192129138e+09,'{"text":"Where is it?"}',NULL,'human','waiting for a person to answer question qe4be5b5199f5edb8','code',NULL,1.0,0,0,0,0.0,1.2992354997550137341e-02,'r1m8aw7w4fmzd20yw','triage',-1,NULL,'[{"tier":"python","reason":"declined","detail":"desk:triage has no answer to this.","latency":0.01218000999870128,"cost_usd":0.0,"tokens_in":0,"tokens_out":0,"confidence":null}]');
INSERT INTO "answers" VALUES('a1m8aw7w4tw6hajk0','measure','b2:30ff2d63040abf54e3d6c238b1478d21',1.79566149238263225553e+09,'{"text":"Where is it?"}','{"words":3}','python','desk:measure returned it','code',NULL,0.0,0,0,0,0.0,4.53125100102624855935e-03,'r1m8aw7w4fmzd20yw','measure',-1,NULL,NULL);
INSERT INTO "answers" VALUES('a1m8aw7wxttnf774e','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566149319790840151e+09,'b2:8dfa8df13154eebd043a44389a63a49a','{"team":"cards"}','python','desk:triage returned it','code',NULL,0.0,0,0,0,0.0,1.94383050002215895801e-02,'r1m8aw7wxmmng7bmw','triage',-1,NULL,NULL);
INSERT INTO "answers" VALUES('a1m8aw7wy6qayf1ff','measure','b2:30ff2d63040abf54e3d6c238b1478d21',1.79566149319887161258e+09,'b2:8dfa8df13154eebd043a44389a63a49a','{"words":2000}','python','desk:measure returned it','code',NULL,0.0,0,0,0,0.0,8.5731409999425522983e-03,'r1m8aw7wxmmng7bmw','measure',-1,NULL,NULL);
INSERT INTO "answers" VALUES('a1m8aw7wyfgmy0rh3','file','b2:9568053f1c49e723f6bc727d277a0f5e',1.79566149320069980621e+09,'{"team":"cards","words":2000}','{"folder":"cards/long"}','python','desk:file returned it','code',NULL,0.0,0,0,0,0.0,1.05613699997775256633e-03,'r1m8aw7wxmmng7bmw','file',-1,NULL,NULL);
INSERT INTO "answers" VALUES('aq6caf35949f1acc58','triage','b2:f880b500fb876b662a1a1b02a4a0a1dd',1.79566149408334612847e+09,'{"text":"card boom"}',NULL,'human','waiting for a person to answer question q6caf35949f1acc58','code',NULL,1.0,0,0,0,0.0,9.84013099878211505711e-03,'r1m8aw7xsk1qg61nk','triage',-1,NULL,'[{"tier":"python","reason":"raised","detail":"desk:triage raised ValueError: no (desk.py:3)","latency":0.009258120000595227,"cost_usd":0.0,"tokens_in":0,"tokens_out":0,"confidence":null}]');
INSERT INTO "answers" VALUES('a1m8aw7xt1b7p5rkw','measure','b2:30ff2d63040abf54e3d6c238b1478d21',1.79566149408404779437e+09,'{"text":"card boom"}','{"words":2}','python','desk:measure returned it','code',NULL,0.0,0,0,0,0.0,2.35706600142293609678e-03,'r1m8aw7xsk1qg61nk','measure',-1,NULL,NULL);
INSERT INTO "answers" VALUES('0','0','b2:1240a4684403b160e6597a653a88f56c',0.0,'{}',NULL,'0','','model',NULL,0.0,0,0,0,0.0,0.0,NULL,NULL,0,NULL,NULL);
CREATE TABLE audits (
        answer TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL, cloud_output TEXT,
        agrees INTEGER, cost_usd REAL NOT NULL, tokens_in INTEGER NOT NULL,
        tokens_out INTEGER NOT NULL, source TEXT NOT NULL);
INSERT INTO "audits" VALUES('0','0',0.0,NULL,NULL,0.0,0,0,'model');
CREATE TABLE blobs (
        hash TEXT PRIMARY KEY, size INTEGER NOT NULL, codec TEXT NOT NULL, data BLOB NOT NULL);
INSERT INTO "blobs" VALUES('b2:e2bb1d166a102b3b2f4d71d23c7f4698',2919,'zlib',X'785EDD563D6FDB3010FD2B2C67C140B7424091AD5B916E19122360A453C446241592B22318FAEF7DA428C9769CC40D8A20E8629827DEF7BB77DCF1AA315B9EEF7865AC129EE75F33AE85229E73D7B5ADB19E67BC245758D97A6934E43FA42E99AF8979128A418F095674CE1B459629724EDC131377A6F3AC10B6740C375AD12BD2DEAD608D9E846A1B723CBFE63FFB78876D8563B0D090C685AB9A2C31E998EA99B742BB8AEC055F675CEAB643883BEEFB364468EE7E5311026CAD69C97A198CE22B3DEDDF72DE4A7DCF8721E3961E3B69A90CAEE32D181565294366A2F9B567A5128D23686883E4717D375505C6901F7CE257C30D9F0531BA7037D94EF1AE4647F0B4AD915EAEBBA6C9B812EDF4B730BAE8AC255DF43CFF864F64E120DDB3E42DC4A392978A50D6E988189B3B513CCC86AC71EEB6A8691159DA48DA22A8D1005CA11A4286C04789A83C59C4BC1EB2394545C275763FC745F2DF2459C9663FC3743C484F28B4796C2F9A88D33ABBE65B0348439E4AB21ACF4B7BF715D897EFEC861BCC8ABDE141E7D3351DA804A0E25445D89E4CB9324D0990643C1469954E21E351F5D601724A9C339730BF4C6F9A4B1082EE20BFE6912DC23427B2C0DF583B0E70829F62105017BABFACE248261A98061C084E92806D3EAC9F8F7CCC6FCAE0D5D99F49A5BFB4D1F15C9E491D411D0C24CE91132207453C9DA4D584B4434E45546793DBA922C2F708C4A5BC1872BA47E02F1421E1F62DFE9BD0F116E72EED396ACA11EB9E55FB5859B223EF569D2ED2E641CD1EF254BF232E7CC0520219B7BDAFB1A40680133B41493713696BE54604860DF841B937B01FF759A256639AE00F8A8571333D6E44234BE14D8C05DFF6765700E5C48B271BBD90E6FB7BFDEF16D9B98D3C174667E2E7E53E2EE5F914AD4C6BFC6427E7157FD8C8AB5A16F5F80A72B5E99A92E1ADB2C523C8D778BC1C3F892EFE66C63FBEEF91FBDF47CECF1E567155BEF1B07A191873B55FC705D8FEB12397A8E1F55EA457696841228ABA53E2A3786218FE00E182F6A7');
INSERT INTO "blobs" VALUES('b2:8dfa8df13154eebd043a44389a63a49a',10011,'zlib',X'785EEDD4410900201004C02A72316C236A01B98720763787309F0DB0ECCE899C3BA3466F6B14A1033B700314909084242421094948421292908424242109494842129290842424210949484212929084242421094948421292F07309E33E96648163');
CREATE TABLE channel_moves (
        agent TEXT NOT NULL, channel TEXT NOT NULL, version TEXT, previous TEXT, at REAL NOT NULL,
        who TEXT NOT NULL, why TEXT NOT NULL, cause TEXT NOT NULL);
INSERT INTO "channel_moves" VALUES('0','stable',NULL,NULL,0.0,'0','','edit');
CREATE TABLE definitions (
        hash TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
        at REAL NOT NULL);
INSERT INTO "definitions" VALUES('b2:743830cff686db2145701f35f30b1e24','pin','support','b2:e2bb1d166a102b3b2f4d71d23c7f4698',1.79566149155122303966e+09);
INSERT INTO "definitions" VALUES('b2:f880b500fb876b662a1a1b02a4a0a1dd','agent','triage','{"definition":{"format":1,"name":"triage","description":"Which team should answer this customer message?","input":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false},"output":{"type":"object","properties":{"team":{"type":"string","enum":["cards","payments","other"]}},"required":["team"],"additionalProperties":false},"tiers":[{"function":"desk:triage","timeout":null,"kind":"python"},{"question":"Which team should answer this message?","kind":"human"}],"promise":null,"privacy":"any","version":null,"tools":[],"cost":null,"validators":[],"examples":[]},"specialist":null}',1.79566149155223727228e+09);
INSERT INTO "definitions" VALUES('b2:30ff2d63040abf54e3d6c238b1478d21','agent','measure','{"definition":{"format":1,"name":"measure","description":"","input":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false},"output":{"type":"object","properties":{"words":{"type":"integer"}},"required":["words"],"additionalProperties":false},"tiers":[{"function":"desk:measure","timeout":null,"kind":"python"}],"promise":null,"privacy":"any","version":null,"tools":[],"cost":null,"validators":[],"examples":[]},"specialist":null}',1.79566149155853557587e+09);
INSERT INTO "definitions" VALUES('b2:9568053f1c49e723f6bc727d277a0f5e','agent','file','{"definition":{"format":1,"name":"file","description":"","input":{"type":"object","properties":{"team":{"type":"string"},"words":{"type":"integer"}},"required":["team","words"],"additionalProperties":false},"output":{"type":"object","properties":{"folder":{"type":"string"}},"required":["folder"],"additionalProperties":false},"tiers":[{"function":"desk:file","timeout":null,"kind":"python"}],"promise":null,"privacy":"any","version":null,"tools":[],"cost":null,"validators":[],"examples":[]},"specialist":null}',1.79566149156089425089e+09);
CREATE TABLE events (
        seq INTEGER NOT NULL, run TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, node TEXT,
        data TEXT NOT NULL, PRIMARY KEY (run, seq));
INSERT INTO "events" VALUES(1,'r1m8aw7vayjz0dvd9',1.79566149155157399179e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw7vayjz0dvd9',1.79566149155177688604e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw7vayjz0dvd9',1.79566149155806469919e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(4,'r1m8aw7vayjz0dvd9',1.79566149156011915202e+09,'node_finished','triage','{"state":"ok","tier":"python","source":"code","answer":"a1m8aw7vb0wzdehxz"}');
INSERT INTO "events" VALUES(5,'r1m8aw7vayjz0dvd9',1.79566149156042838101e+09,'node_finished','measure','{"state":"ok","tier":"python","source":"code","answer":"a1m8aw7vb6a31hnnf"}');
INSERT INTO "events" VALUES(6,'r1m8aw7vayjz0dvd9',1.79566149156062078474e+09,'node_started','file','{}');
INSERT INTO "events" VALUES(7,'r1m8aw7vayjz0dvd9',1.79566149156230902674e+09,'node_finished','file','{"state":"ok","tier":"python","source":"code","answer":"a1m8aw7vb8gf8v167"}');
INSERT INTO "events" VALUES(8,'r1m8aw7vayjz0dvd9',1.7956614915627458096e+09,'run_finished',NULL,'{"state":"done"}');
INSERT INTO "events" VALUES(1,'r1m8aw7w4fmzd20yw',1.79566149236806416513e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw7w4fmzd20yw',1.79566149236844444271e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw7w4fmzd20yw',1.79566149237765431399e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(4,'r1m8aw7w4fmzd20yw',1.79566149238235640527e+09,'node_waiting','triage','{"state":"waiting","message":"A person has been asked (question qe4be5b5199f5edb8).","inbox":"qe4be5b5199f5edb8"}');
INSERT INTO "events" VALUES(5,'r1m8aw7w4fmzd20yw',1.79566149238280224802e+09,'node_finished','measure','{"state":"ok","tier":"python","source":"code","answer":"a1m8aw7w4tw6hajk0"}');
INSERT INTO "events" VALUES(6,'r1m8aw7w4fmzd20yw',1795661492.38317,'run_waiting',NULL,'{"state":"waiting"}');
INSERT INTO "events" VALUES(1,'r1m8aw7wxmmng7bmw',1.79566149317752218241e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw7wxmmng7bmw',1.79566149317795491213e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw7wxmmng7bmw',1.79566149318959927556e+09,'node_started','measure','{}');
INSERT INTO "events" VALUES(4,'r1m8aw7wxmmng7bmw',1.79566149319859337811e+09,'node_finished','triage','{"state":"ok","tier":"python","source":"code","answer":"a1m8aw7wxttnf774e"}');
INSERT INTO "events" VALUES(5,'r1m8aw7wxmmng7bmw',1.79566149319908905032e+09,'node_finished','measure','{"state":"ok","tier":"python","source":"code","answer":"a1m8aw7wy6qayf1ff"}');
INSERT INTO "events" VALUES(6,'r1m8aw7wxmmng7bmw',1.79566149319931578636e+09,'node_started','file','{}');
INSERT INTO "events" VALUES(7,'r1m8aw7wxmmng7bmw',1.79566149320088434219e+09,'node_finished','file','{"state":"ok","tier":"python","source":"code","answer":"a1m8aw7wyfgmy0rh3"}');
INSERT INTO "events" VALUES(8,'r1m8aw7wxmmng7bmw',1.79566149320264506344e+09,'run_finished',NULL,'{"state":"done"}');
INSERT INTO "events" VALUES(1,'r1m8aw7xsk1qg61nk',1.79566149406851029396e+09,'run_started',NULL,'{"flow":"support","cause":"cli"}');
INSERT INTO "events" VALUES(2,'r1m8aw7xsk1qg61nk',1.79566149406888294218e+09,'node_started','triage','{}');
INSERT INTO "events" VALUES(3,'r1m8aw7xsk1qg61nk',1795661494.08118,'node_started','measure','{}');
INSERT INTO "events" VALUES(4,'r1m8aw7xsk1qg61nk',1.79566149408376097684e+09,'node_waiting','triage','{"state":"waiting","message":"A person has been asked (question q6caf35949f1acc58).","inbox":"q6caf35949f1acc58"}');
INSERT INTO "events" VALUES(5,'r1m8aw7xsk1qg61nk',1.79566149408420896527e+09,'node_finished','measure','{"state":"ok","tier":"python","source":"code","answer":"a1m8aw7xt1b7p5rkw"}');
INSERT INTO "events" VALUES(6,'r1m8aw7xsk1qg61nk',1.79566149408454918856e+09,'run_waiting',NULL,'{"state":"waiting"}');
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
INSERT INTO "inbox" VALUES('qe4be5b5199f5edb8','triage','Which team should answer this message?','{"text":"Where is it?"}','{"type":"object","properties":{"team":{"type":"string","enum":["cards","payments","other"]}},"required":["team"],"additionalProperties":false}',1.79566149238174319266e+09,'open','r1m8aw7w4fmzd20yw','triage',-1,NULL,NULL);
INSERT INTO "inbox" VALUES('q6caf35949f1acc58','triage','Which team should answer this message?','{"text":"card boom"}','{"type":"object","properties":{"team":{"type":"string","enum":["cards","payments","other"]}},"required":["team"],"additionalProperties":false}',1.79566149408318042756e+09,'open','r1m8aw7xsk1qg61nk','triage',-1,NULL,NULL);
INSERT INTO "inbox" VALUES('0','0','','{}','{}',0.0,'open',NULL,NULL,0,NULL,NULL);
CREATE TABLE lessons (
        night TEXT NOT NULL, agent TEXT NOT NULL, outcome TEXT NOT NULL, reasons TEXT,
        examples INTEGER NOT NULL, seconds REAL NOT NULL, candidate TEXT, deployed TEXT,
        calibration TEXT NOT NULL, gate TEXT NOT NULL);
INSERT INTO "lessons" VALUES('0','0','promoted',NULL,0,0.0,NULL,NULL,'{}','{}');
CREATE TABLE looks (
        agent TEXT NOT NULL, night TEXT, looks INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied REAL NOT NULL);
INSERT INTO "migrations" VALUES(1,'first tables',1.79566149143406343464e+09);
CREATE TABLE monitors (agent TEXT PRIMARY KEY, state TEXT NOT NULL);
INSERT INTO "monitors" VALUES('a','{"x":1}');
CREATE TABLE nights (
        id TEXT PRIMARY KEY, started REAL NOT NULL, seed INTEGER NOT NULL, finished REAL,
        state TEXT NOT NULL, summary TEXT NOT NULL);
INSERT INTO "nights" VALUES('0',0.0,0,NULL,'running','{}');
CREATE TABLE node_results (
        run TEXT NOT NULL, node TEXT NOT NULL, "index" INTEGER NOT NULL, state TEXT NOT NULL,
        output TEXT, reason TEXT, attempts INTEGER NOT NULL, started REAL NOT NULL,
        finished REAL NOT NULL, PRIMARY KEY (run, node, "index"));
INSERT INTO "node_results" VALUES('r1m8aw7vayjz0dvd9','triage',-1,'ok','{"team":"cards"}',NULL,1,1.79566149155177164076e+09,1.79566149156001043322e+09);
INSERT INTO "node_results" VALUES('r1m8aw7vayjz0dvd9','measure',-1,'ok','{"words":4}',NULL,1,1.79566149155804705619e+09,1.79566149156039047245e+09);
INSERT INTO "node_results" VALUES('r1m8aw7vayjz0dvd9','file',-1,'ok','{"folder":"cards/fast"}',NULL,1,1.7956614915606024266e+09,1.79566149156224465375e+09);
INSERT INTO "node_results" VALUES('r1m8aw7w4fmzd20yw','triage',-1,'waiting',NULL,'{"message":"A person has been asked (question qe4be5b5199f5edb8).","inbox":"qe4be5b5199f5edb8"}',1,1.79566149236843800541e+09,1.79566149238223743433e+09);
INSERT INTO "node_results" VALUES('r1m8aw7w4fmzd20yw','measure',-1,'ok','{"words":3}',NULL,1,1.79566149237763118739e+09,1.795661492382769823e+09);
INSERT INTO "node_results" VALUES('r1m8aw7wxmmng7bmw','triage',-1,'ok','{"team":"cards"}',NULL,1,1.79566149317794895171e+09,1.79566149319838619228e+09);
INSERT INTO "node_results" VALUES('r1m8aw7wxmmng7bmw','measure',-1,'ok','{"words":2000}',NULL,1,1.79566149318957543373e+09,1.79566149319905281065e+09);
INSERT INTO "node_results" VALUES('r1m8aw7wxmmng7bmw','file',-1,'ok','{"folder":"cards/long"}',NULL,1,1.79566149319929838175e+09,1.79566149320084714885e+09);
INSERT INTO "node_results" VALUES('r1m8aw7xsk1qg61nk','triage',-1,'waiting',NULL,'{"message":"A person has been asked (question q6caf35949f1acc58).","inbox":"q6caf35949f1acc58"}',1,1.79566149406887793542e+09,1.79566149408364439006e+09);
INSERT INTO "node_results" VALUES('r1m8aw7xsk1qg61nk','measure',-1,'ok','{"words":2}',NULL,1,1.79566149408116722111e+09,1.79566149408417582511e+09);
INSERT INTO "node_results" VALUES('0','0',0,'ok',NULL,NULL,0,0.0,0.0);
CREATE TABLE owed_audits (answer TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL);
INSERT INTO "owed_audits" VALUES('owed','a',1.0);
CREATE TABLE queue (
        id TEXT PRIMARY KEY, flow TEXT NOT NULL, input TEXT NOT NULL, priority INTEGER NOT NULL,
        submitted REAL NOT NULL, state TEXT NOT NULL, run TEXT, title TEXT NOT NULL);
INSERT INTO "queue" VALUES('q1m8aw7y8vfqh8zmt','support','{"text":"My card, later"}',0,1.79566149455525445933e+09,'queued',NULL,'');
INSERT INTO "queue" VALUES('0','0','{}',0,0.0,'queued',NULL,'');
CREATE TABLE runs (
        id TEXT PRIMARY KEY, flow TEXT NOT NULL, flow_hash TEXT NOT NULL, input TEXT NOT NULL,
        state TEXT NOT NULL, created REAL NOT NULL, cause TEXT NOT NULL, seed INTEGER NOT NULL,
        started REAL, finished REAL, output TEXT, failure TEXT, night TEXT,
        owner TEXT, lease_until REAL);
INSERT INTO "runs" VALUES('r1m8aw7vayjz0dvd9','support','b2:743830cff686db2145701f35f30b1e24','{"text":"My card was stolen"}','done',1.79566149155067825314e+09,'cli',2368287680,1.79566149155067825314e+09,1.79566149156263089176e+09,'{"team":"cards","folder":"cards/fast"}',NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('r1m8aw7w4fmzd20yw','support','b2:743830cff686db2145701f35f30b1e24','{"text":"Where is it?"}','waiting',1.7956614923675575257e+09,'cli',2517054092,1.7956614923675575257e+09,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('r1m8aw7wxmmng7bmw','support','b2:743830cff686db2145701f35f30b1e24','b2:8dfa8df13154eebd043a44389a63a49a','done',1.7956614931723847389e+09,'cli',1714585081,1.7956614931723847389e+09,1795661493.20252,'{"team":"cards","folder":"cards/long"}',NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('r1m8aw7xsk1qg61nk','support','b2:743830cff686db2145701f35f30b1e24','{"text":"card boom"}','waiting',1.79566149406799221033e+09,'cli',1476277030,1.79566149406799221033e+09,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "runs" VALUES('0','0','b2:1240a4684403b160e6597a653a88f56c','{}','queued',0.0,'0',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
