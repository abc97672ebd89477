-- A ledger as the first release left it (its last commit: bd16da3), dumped: of two ads one is on the list,
-- of the other nobody knows. It is never edited: that an upgrade keeps all of it is what it is for.
pragma foreign_keys = off;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'ledger','2026-11-27 15:04:22',1,X'B36758ECE5ACF1EDDBD6A39B68E57B38F3C71878D41119560B83047EAC3F67953CF03FE99557A343E50BD90EC61C5144',1170522);
INSERT INTO "_sqlx_migrations" VALUES(2,'append only','2026-11-27 15:04:22',1,X'442E1AEAD8E8AF0FDDD95CC8BA9B3BFE8A8691F0F27C2626F5B22608204CA6AF6231CC28226859B3B8D776F9455CFF23',533253);
CREATE TABLE attempt (
    delivery text not null references delivery (key),
    number bigint not null,
    worker text not null,
    began_at bigint not null,
    send_by bigint not null,
    ended_at bigint,
    outcome text,
    detail text not null,
    wire text not null,
    rendition text not null,
    primary key (delivery, number)
);
INSERT INTO "attempt" VALUES('17aada72-4e61-5279-8813-e2ea933bcb17',1,'vm:6866:5c34b9d634154c0f82030e5541d640a4.4026531836.5363129',1795791862089934,1795791982089934,1795791862116902,'posted','','{"wire":"entry","folder":"./public/feed","id":"so-11","document":"{\n  \"@context\": \"https://schema.org/\",\n  \"@type\": \"JobPosting\",\n  \"title\": \"PhD position: tide gauges and satellites\",\n  \"description\": \"<p>You compare a hundred years of tide gauges with thirty years of satellites, and say where the sea\\nrises faster than we thought.</p>\\n<p>Apply by mail to <a href=\\\"mailto:office@seaforth.example\\\">office@seaforth.example</a>.</p>\",\n  \"url\": \"https://seaforth.example/jobs/tide-gauges/\",\n  \"datePosted\": \"2026-11-20\",\n  \"validThrough\": \"2099-02-28T23:59:59+01:00\",\n  \"identifier\": {\n    \"@type\": \"PropertyValue\",\n    \"value\": \"SO/11\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"hiringOrganization\": {\n    \"@type\": \"Organization\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"jobLocation\": {\n    \"@type\": \"Place\",\n    \"address\": {\n      \"@type\": \"PostalAddress\",\n      \"addressLocality\": \"Nordhafen\",\n      \"addressCountry\": \"DE\"\n    }\n  },\n  \"applicationContact\": {\n    \"@type\": \"ContactPoint\",\n    \"email\": \"office@seaforth.example\"\n  }\n}\n","at":"2026-11-27T15:04:22.089934608Z"}','{"form":"document","media_type":"json-ld","body":"{\n  \"@context\": \"https://schema.org/\",\n  \"@type\": \"JobPosting\",\n  \"title\": \"PhD position: tide gauges and satellites\",\n  \"description\": \"<p>You compare a hundred years of tide gauges with thirty years of satellites, and say where the sea\\nrises faster than we thought.</p>\\n<p>Apply by mail to <a href=\\\"mailto:office@seaforth.example\\\">office@seaforth.example</a>.</p>\",\n  \"url\": \"https://seaforth.example/jobs/tide-gauges/\",\n  \"datePosted\": \"2026-11-20\",\n  \"validThrough\": \"2099-02-28T23:59:59+01:00\",\n  \"identifier\": {\n    \"@type\": \"PropertyValue\",\n    \"value\": \"SO/11\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"hiringOrganization\": {\n    \"@type\": \"Organization\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"jobLocation\": {\n    \"@type\": \"Place\",\n    \"address\": {\n      \"@type\": \"PostalAddress\",\n      \"addressLocality\": \"Nordhafen\",\n      \"addressCountry\": \"DE\"\n    }\n  },\n  \"applicationContact\": {\n    \"@type\": \"ContactPoint\",\n    \"email\": \"office@seaforth.example\"\n  }\n}\n","language":"en"}');
INSERT INTO "attempt" VALUES('4f702986-ec95-5e84-bdff-39bbde6a15ee',1,'vm:6866:5c34b9d634154c0f82030e5541d640a4.4026531836.5363129',1795791862121687,1795791982121687,1795791862153496,'posted','','{"wire":"entry","folder":"./public/feed","id":"so-12","document":"{\n  \"@context\": \"https://schema.org/\",\n  \"@type\": \"JobPosting\",\n  \"title\": \"Technician for buoys\",\n  \"description\": \"<p>You keep thirty buoys afloat, and their instruments honest.</p>\\n<p>Apply by mail to <a href=\\\"mailto:office@seaforth.example\\\">office@seaforth.example</a>.</p>\",\n  \"url\": \"https://seaforth.example/jobs/buoys/\",\n  \"datePosted\": \"2026-11-21\",\n  \"validThrough\": \"2099-03-31T23:59:59+02:00\",\n  \"identifier\": {\n    \"@type\": \"PropertyValue\",\n    \"value\": \"SO/12\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"hiringOrganization\": {\n    \"@type\": \"Organization\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"jobLocation\": {\n    \"@type\": \"Place\",\n    \"address\": {\n      \"@type\": \"PostalAddress\",\n      \"addressLocality\": \"Nordhafen\",\n      \"addressCountry\": \"DE\"\n    }\n  },\n  \"applicationContact\": {\n    \"@type\": \"ContactPoint\",\n    \"email\": \"office@seaforth.example\"\n  }\n}\n","at":"2026-11-27T15:04:22.121687166Z"}','{"form":"document","media_type":"json-ld","body":"{\n  \"@context\": \"https://schema.org/\",\n  \"@type\": \"JobPosting\",\n  \"title\": \"Technician for buoys\",\n  \"description\": \"<p>You keep thirty buoys afloat, and their instruments honest.</p>\\n<p>Apply by mail to <a href=\\\"mailto:office@seaforth.example\\\">office@seaforth.example</a>.</p>\",\n  \"url\": \"https://seaforth.example/jobs/buoys/\",\n  \"datePosted\": \"2026-11-21\",\n  \"validThrough\": \"2099-03-31T23:59:59+02:00\",\n  \"identifier\": {\n    \"@type\": \"PropertyValue\",\n    \"value\": \"SO/12\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"hiringOrganization\": {\n    \"@type\": \"Organization\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"jobLocation\": {\n    \"@type\": \"Place\",\n    \"address\": {\n      \"@type\": \"PostalAddress\",\n      \"addressLocality\": \"Nordhafen\",\n      \"addressCountry\": \"DE\"\n    }\n  },\n  \"applicationContact\": {\n    \"@type\": \"ContactPoint\",\n    \"email\": \"office@seaforth.example\"\n  }\n}\n","language":"en"}');
INSERT INTO "attempt" VALUES('f1c98899-0f5c-593a-90da-6bba2a8cb50e',1,'vm:6874:5c34b9d634154c0f82030e5541d640a4.4026531836.5363149',1795791862274729,1795791982274729,1795791862291246,'posted','','{"wire":"mail","server":"smtp://127.0.0.1:2525","envelope_from":"office@seaforth.example","envelope_to":"jobs@lists.example","message_id":"hb.f1c988990f5c593a90da6bba2a8cb50e@seaforth.example","subject":"[Job] PhD position: tide gauges and satellites, deadline 28 Feb 2099","message":"From: office@seaforth.example\r\nTo: jobs@lists.example\r\nSubject: [Job] PhD position: tide gauges and satellites, deadline 28 Feb\r\n 2099\r\nDate: Fri, 27 Nov 2026 15:04:22 +0000\r\nMessage-ID: <hb.f1c988990f5c593a90da6bba2a8cb50e@seaforth.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nPosition:   PhD position: tide gauges and satellites\r\nEmployer:   Seaforth Observatory\r\nPlace:      Nordhafen\r\nDeadline:   28 February 2099\r\nReference:  SO/11\r\nContact:    office@seaforth.example\r\nWeb page:   https://seaforth.example/jobs/tide-gauges/\r\n\r\nYou compare a hundred years of tide gauges with thirty years of\r\nsatellites, and say where the sea rises faster than we thought.\r\n\r\nApply by mail to office@seaforth.example.\r\n\r\n"}','{"form":"mail","subject":"[Job] PhD position: tide gauges and satellites, deadline 28 Feb 2099","text":"Position:   PhD position: tide gauges and satellites\nEmployer:   Seaforth Observatory\nPlace:      Nordhafen\nDeadline:   28 February 2099\nReference:  SO/11\nContact:    office@seaforth.example\nWeb page:   https://seaforth.example/jobs/tide-gauges/\n\nYou compare a hundred years of tide gauges with thirty years of\nsatellites, and say where the sea rises faster than we thought.\n\nApply by mail to office@seaforth.example.\n","html":null,"language":"en"}');
INSERT INTO "attempt" VALUES('a9002d6f-08a0-509c-b4eb-55631941528a',1,'vm:6887:5c34b9d634154c0f82030e5541d640a4.4026531836.5363264',1795791863431770,1795791983431770,1795791863446927,'unknown','127.0.0.1 was given the message: response error: incomplete response','{"wire":"mail","server":"smtp://127.0.0.1:2525","envelope_from":"office@seaforth.example","envelope_to":"jobs@lists.example","message_id":"hb.a9002d6f08a0509cb4eb55631941528a@seaforth.example","subject":"[Job] Technician for buoys, Nordhafen, deadline 31 Mar 2099","message":"From: office@seaforth.example\r\nTo: jobs@lists.example\r\nSubject: [Job] Technician for buoys, Nordhafen, deadline 31 Mar 2099\r\nDate: Fri, 27 Nov 2026 15:04:23 +0000\r\nMessage-ID: <hb.a9002d6f08a0509cb4eb55631941528a@seaforth.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nPosition:   Technician for buoys\r\nEmployer:   Seaforth Observatory\r\nPlace:      Nordhafen\r\nDeadline:   31 March 2099\r\nReference:  SO/12\r\nContact:    office@seaforth.example\r\nWeb page:   https://seaforth.example/jobs/buoys/\r\n\r\nYou keep thirty buoys afloat, and their instruments honest.\r\n\r\nApply by mail to office@seaforth.example.\r\n\r\n"}','{"form":"mail","subject":"[Job] Technician for buoys, Nordhafen, deadline 31 Mar 2099","text":"Position:   Technician for buoys\nEmployer:   Seaforth Observatory\nPlace:      Nordhafen\nDeadline:   31 March 2099\nReference:  SO/12\nContact:    office@seaforth.example\nWeb page:   https://seaforth.example/jobs/buoys/\n\nYou keep thirty buoys afloat, and their instruments honest.\n\nApply by mail to office@seaforth.example.\n","html":null,"language":"en"}');
CREATE TABLE channel (
    name text not null primary key,
    first_seen bigint not null,
    paused_since bigint,
    paused_reason text
);
INSERT INTO "channel" VALUES('feed',1795791862074812,NULL,NULL);
INSERT INTO "channel" VALUES('list',1795791862074812,NULL,NULL);
CREATE TABLE delivery (
    key text not null primary key,
    posting text not null references posting (id),
    channel text not null references channel (name),
    occasion text not null,
    occurrence text not null,
    deed text not null,
    target text references delivery (key),
    state text not null,
    due_at bigint not null,
    revision text not null,
    attempts bigint not null,
    changed_at bigint not null,
    reason text not null,
    receipt text,
    copy_state text,
    standing text,
    verified_at bigint,
    unique (posting, channel, occasion, occurrence)
);
INSERT INTO "delivery" VALUES('17aada72-4e61-5279-8813-e2ea933bcb17','so-11','feed','announce','1','publish',NULL,'posted',1795791862074812,'ec9087d8a08ffb4be4a095b391a08e2547550789d0c1dbfc1c6e515b945138cb',1,1795791862116902,'','{"remote_id":"so-11","link":"https://seaforth.example/feed/so-11.jsonld"}','live','{"revision":"ec9087d8a08ffb4be4a095b391a08e2547550789d0c1dbfc1c6e515b945138cb","content_hash":"f4e4f22fbadf1686b986b37be59fb429df82637c30bb5acaae955381362f6e3c","rendition":{"form":"document","media_type":"json-ld","body":"{\n  \"@context\": \"https://schema.org/\",\n  \"@type\": \"JobPosting\",\n  \"title\": \"PhD position: tide gauges and satellites\",\n  \"description\": \"<p>You compare a hundred years of tide gauges with thirty years of satellites, and say where the sea\\nrises faster than we thought.</p>\\n<p>Apply by mail to <a href=\\\"mailto:office@seaforth.example\\\">office@seaforth.example</a>.</p>\",\n  \"url\": \"https://seaforth.example/jobs/tide-gauges/\",\n  \"datePosted\": \"2026-11-20\",\n  \"validThrough\": \"2099-02-28T23:59:59+01:00\",\n  \"identifier\": {\n    \"@type\": \"PropertyValue\",\n    \"value\": \"SO/11\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"hiringOrganization\": {\n    \"@type\": \"Organization\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"jobLocation\": {\n    \"@type\": \"Place\",\n    \"address\": {\n      \"@type\": \"PostalAddress\",\n      \"addressLocality\": \"Nordhafen\",\n      \"addressCountry\": \"DE\"\n    }\n  },\n  \"applicationContact\": {\n    \"@type\": \"ContactPoint\",\n    \"email\": \"office@seaforth.example\"\n  }\n}\n","language":"en"}}',NULL);
INSERT INTO "delivery" VALUES('f1c98899-0f5c-593a-90da-6bba2a8cb50e','so-11','list','announce','1','publish',NULL,'posted',1795791862074812,'ec9087d8a08ffb4be4a095b391a08e2547550789d0c1dbfc1c6e515b945138cb',1,1795791862291246,'','{"remote_id":"hb.f1c988990f5c593a90da6bba2a8cb50e@seaforth.example","link":null}','live','{"revision":"ec9087d8a08ffb4be4a095b391a08e2547550789d0c1dbfc1c6e515b945138cb","content_hash":"256695ea8e6f2bbf9d97ceeeb960e5491350e4dd1c3b24e7c58a62b44cc34e3d","rendition":{"form":"mail","subject":"[Job] PhD position: tide gauges and satellites, deadline 28 Feb 2099","text":"Position:   PhD position: tide gauges and satellites\nEmployer:   Seaforth Observatory\nPlace:      Nordhafen\nDeadline:   28 February 2099\nReference:  SO/11\nContact:    office@seaforth.example\nWeb page:   https://seaforth.example/jobs/tide-gauges/\n\nYou compare a hundred years of tide gauges with thirty years of\nsatellites, and say where the sea rises faster than we thought.\n\nApply by mail to office@seaforth.example.\n","html":null,"language":"en"}}',NULL);
INSERT INTO "delivery" VALUES('4f702986-ec95-5e84-bdff-39bbde6a15ee','so-12','feed','announce','1','publish',NULL,'posted',1795791862074812,'9250780e7787469135e98ff0ba250510c8ee0ceba750f4a46ce972761aced957',1,1795791862153496,'','{"remote_id":"so-12","link":"https://seaforth.example/feed/so-12.jsonld"}','live','{"revision":"9250780e7787469135e98ff0ba250510c8ee0ceba750f4a46ce972761aced957","content_hash":"a00a2d86d15b596d56aab9cefd0f060c8b13542896473cfe27ca664c7596472c","rendition":{"form":"document","media_type":"json-ld","body":"{\n  \"@context\": \"https://schema.org/\",\n  \"@type\": \"JobPosting\",\n  \"title\": \"Technician for buoys\",\n  \"description\": \"<p>You keep thirty buoys afloat, and their instruments honest.</p>\\n<p>Apply by mail to <a href=\\\"mailto:office@seaforth.example\\\">office@seaforth.example</a>.</p>\",\n  \"url\": \"https://seaforth.example/jobs/buoys/\",\n  \"datePosted\": \"2026-11-21\",\n  \"validThrough\": \"2099-03-31T23:59:59+02:00\",\n  \"identifier\": {\n    \"@type\": \"PropertyValue\",\n    \"value\": \"SO/12\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"hiringOrganization\": {\n    \"@type\": \"Organization\",\n    \"name\": \"Seaforth Observatory\"\n  },\n  \"jobLocation\": {\n    \"@type\": \"Place\",\n    \"address\": {\n      \"@type\": \"PostalAddress\",\n      \"addressLocality\": \"Nordhafen\",\n      \"addressCountry\": \"DE\"\n    }\n  },\n  \"applicationContact\": {\n    \"@type\": \"ContactPoint\",\n    \"email\": \"office@seaforth.example\"\n  }\n}\n","language":"en"}}',NULL);
INSERT INTO "delivery" VALUES('a9002d6f-08a0-509c-b4eb-55631941528a','so-12','list','announce','1','publish',NULL,'unknown',1795791862074812,'9250780e7787469135e98ff0ba250510c8ee0ceba750f4a46ce972761aced957',1,1795791863446927,'127.0.0.1 was given the message: response error: incomplete response',NULL,NULL,NULL,NULL);
CREATE TABLE event (
    number bigint not null primary key,
    at bigint not null,
    delivery text references delivery (key),
    what text not null,
    detail text not null,
    hash text not null
);
INSERT INTO "event" VALUES(1,1795791862074812,NULL,'seen','{"posting":"so-12","path":"jobs/buoys/index.md","title":"Technician for buoys","revision":"9250780e7787469135e98ff0ba250510c8ee0ceba750f4a46ce972761aced957"}','84b3a72cb675d2e5465727a6f6fb6e24dd18e4fd7e160a7e5f588ed40cb4464b');
INSERT INTO "event" VALUES(2,1795791862074812,NULL,'seen','{"posting":"so-11","path":"jobs/tide-gauges/index.md","title":"PhD position: tide gauges and satellites","revision":"ec9087d8a08ffb4be4a095b391a08e2547550789d0c1dbfc1c6e515b945138cb"}','95b1c795c9ade977c403575d68ef4e6e29ec83321ca7b7102ed23d78700be9e4');
INSERT INTO "event" VALUES(3,1795791862074812,NULL,'channel','{"name":"feed"}','95e25d828c0a5b06dbb5bf66a57d53e844543eac1d80650104b9daadce2f70ae');
INSERT INTO "event" VALUES(4,1795791862074812,NULL,'channel','{"name":"list"}','e4a55e93bba9a01714e3816b3dde700d969c09ee750b5f47346ec01a44e4c25f');
INSERT INTO "event" VALUES(5,1795791862087056,'17aada72-4e61-5279-8813-e2ea933bcb17','planned','{"name":{"posting":"so-11","channel":"feed","occasion":"announce","occurrence":"1"},"deed":"publish","target":null,"due_at":"2026-11-27T15:04:22.074812Z","revision":"ec9087d8a08ffb4be4a095b391a08e2547550789d0c1dbfc1c6e515b945138cb"}','fc850d73e229d7646168e5baae1a6d816d2a5a9ab3e9729668da58192e5d6674');
INSERT INTO "event" VALUES(6,1795791862087056,'f1c98899-0f5c-593a-90da-6bba2a8cb50e','planned','{"name":{"posting":"so-11","channel":"list","occasion":"announce","occurrence":"1"},"deed":"publish","target":null,"due_at":"2026-11-27T15:04:22.074812Z","revision":"ec9087d8a08ffb4be4a095b391a08e2547550789d0c1dbfc1c6e515b945138cb"}','398a069b489105e684ac6af6d973516c5dd0adbc931cb5f733315d5ae75ee512');
INSERT INTO "event" VALUES(7,1795791862087056,'4f702986-ec95-5e84-bdff-39bbde6a15ee','planned','{"name":{"posting":"so-12","channel":"feed","occasion":"announce","occurrence":"1"},"deed":"publish","target":null,"due_at":"2026-11-27T15:04:22.074812Z","revision":"9250780e7787469135e98ff0ba250510c8ee0ceba750f4a46ce972761aced957"}','dd040130ea798f812d7906c8d98050bfb78303eacdb003cc2da414d59bb702ae');
INSERT INTO "event" VALUES(8,1795791862087056,'a9002d6f-08a0-509c-b4eb-55631941528a','planned','{"name":{"posting":"so-12","channel":"list","occasion":"announce","occurrence":"1"},"deed":"publish","target":null,"due_at":"2026-11-27T15:04:22.074812Z","revision":"9250780e7787469135e98ff0ba250510c8ee0ceba750f4a46ce972761aced957"}','7e71a6ebaf2269ba1c44f21753e09c8111d5242e8dd410a3ba0b340b49112f9e');
INSERT INTO "event" VALUES(9,1795791862089934,'17aada72-4e61-5279-8813-e2ea933bcb17','attempt','{"attempt":1,"worker":"vm:6866:5c34b9d634154c0f82030e5541d640a4.4026531836.5363129","send_by":"2026-11-27T15:06:22.089934608Z","content_hash":"f4e4f22fbadf1686b986b37be59fb429df82637c30bb5acaae955381362f6e3c"}','67f5e1056b8e0d55a29e80b25f9f750b40705c8d71203c971c94cf427c7cffa4');
INSERT INTO "event" VALUES(10,1795791862116902,'17aada72-4e61-5279-8813-e2ea933bcb17','posted','{"attempt":1,"receipt":{"remote_id":"so-11","link":"https://seaforth.example/feed/so-11.jsonld"}}','222027f5005653058045554ae086ff669f933aa11c0eea8d8747b057e20672ee');
INSERT INTO "event" VALUES(11,1795791862121687,'4f702986-ec95-5e84-bdff-39bbde6a15ee','attempt','{"attempt":1,"worker":"vm:6866:5c34b9d634154c0f82030e5541d640a4.4026531836.5363129","send_by":"2026-11-27T15:06:22.121687166Z","content_hash":"a00a2d86d15b596d56aab9cefd0f060c8b13542896473cfe27ca664c7596472c"}','8aa5a7154c2d81546da832b097eb09ce9380450011a36e46850210fad184b371');
INSERT INTO "event" VALUES(12,1795791862153496,'4f702986-ec95-5e84-bdff-39bbde6a15ee','posted','{"attempt":1,"receipt":{"remote_id":"so-12","link":"https://seaforth.example/feed/so-12.jsonld"}}','d725dc62ec6342c1eb6496a448e729f445e3ae994b7d90a16d6fd935f99ea6b9');
INSERT INTO "event" VALUES(13,1795791862274729,'f1c98899-0f5c-593a-90da-6bba2a8cb50e','attempt','{"attempt":1,"worker":"vm:6874:5c34b9d634154c0f82030e5541d640a4.4026531836.5363149","send_by":"2026-11-27T15:06:22.274729520Z","content_hash":"256695ea8e6f2bbf9d97ceeeb960e5491350e4dd1c3b24e7c58a62b44cc34e3d"}','6f3a4f318961a6226fe7840ecf3f8739b3be5317d7c83b03f3d0840439953de4');
INSERT INTO "event" VALUES(14,1795791862291246,'f1c98899-0f5c-593a-90da-6bba2a8cb50e','posted','{"attempt":1,"receipt":{"remote_id":"hb.f1c988990f5c593a90da6bba2a8cb50e@seaforth.example","link":null}}','49aed552e9ab8e4742f248cc672a4a12d8aec97ed842e3185dba2828704f14d6');
INSERT INTO "event" VALUES(15,1795791863431770,'a9002d6f-08a0-509c-b4eb-55631941528a','attempt','{"attempt":1,"worker":"vm:6887:5c34b9d634154c0f82030e5541d640a4.4026531836.5363264","send_by":"2026-11-27T15:06:23.431770136Z","content_hash":"b182ac25a01bd343119bc9f4e9e729d62cf0d5c7bd80dbb02dce46f3c7799c54"}','1fbd4c86710dc1bda817715c4bbab8b176e5fedd216d3d9ec640e9e0732073b8');
INSERT INTO "event" VALUES(16,1795791863446927,'a9002d6f-08a0-509c-b4eb-55631941528a','unknown','{"attempt":1,"why":"127.0.0.1 was given the message: response error: incomplete response"}','22edac8d145e5049c2348d6598f14f63492e2cdaa87c195b3ff9fccf950c1a85');
CREATE TABLE ledger (
    id text not null primary key,
    created_at bigint not null,
    path text not null,
    site_folder text not null,
    base_url text not null,
    last_event bigint not null,
    head text not null
);
INSERT INTO "ledger" VALUES('8856bfe5-6b58-4c64-8ace-240a837f0b9b',1795791862047220,'/srv/handbill/state/ledger.db','/srv/handbill','https://seaforth.example/',16,'22edac8d145e5049c2348d6598f14f63492e2cdaa87c195b3ff9fccf950c1a85');
CREATE TABLE posting (
    id text not null primary key,
    path text not null,
    translation_key text not null,
    sub_id text,
    reference text,
    title text not null,
    first_seen bigint not null,
    revision text not null,
    revision_since bigint not null
);
INSERT INTO "posting" VALUES('so-12','jobs/buoys/index.md','jobs/buoys',NULL,'SO/12','Technician for buoys',1795791862074812,'9250780e7787469135e98ff0ba250510c8ee0ceba750f4a46ce972761aced957',1795791862074812);
INSERT INTO "posting" VALUES('so-11','jobs/tide-gauges/index.md','jobs/tide-gauges',NULL,'SO/11','PhD position: tide gauges and satellites',1795791862074812,'ec9087d8a08ffb4be4a095b391a08e2547550789d0c1dbfc1c6e515b945138cb',1795791862074812);
CREATE INDEX delivery_due on delivery (state, due_at);
CREATE INDEX event_delivery on event (delivery, number);
CREATE TRIGGER event_is_never_changed before update on event
begin
    select raise(abort, 'events are append-only');
end;
CREATE TRIGGER event_is_never_deleted before delete on event
begin
    select raise(abort, 'events are append-only');
end;
COMMIT;
