"""Schema changes as real tools make them. Each scenario runs in a session through the proxy and says which drafts
must come of it; then the ups, in the order of the files, must build the same schema in an empty database of another
name, and each known down, in reverse, must bring back the schema before it."""

import contextlib
import re
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field

import pymysql
import pytest
from pymysql.constants import CLIENT, COMMAND, ER

from clients import MariaDBClient, MySQLClient, NodeMySQL2, NodeMySQL2Binary, PyMySQL, Target
from servers import list_objects, show_create

DEVELOPMENT = "bankroll"
PRODUCTION = "production"
ELSEWHERE = "elsewhere"  # a schema that is not tracked
END = "the_end"  # the last change of each scenario; once it is drafted, all before it is

# --- what a scenario is made of -----------------------------------------------------------------------------------


@dataclass
class Fails:
    """A text whose last answer is this error."""

    code: int
    text: str


@dataclass
class Choose:
    """COM_INIT_DB."""

    schema: str


@dataclass
class Option:
    """COM_SET_OPTION: 0 for several statements in a text, 1 for one."""

    value: int


@dataclass
class NoWayBack:
    """A draft whose down section says that none is known."""

    up: str


@dataclass
class Scenario:
    name: str
    steps: list
    drafts: list  # a piece of the up of each draft; NoWayBack(piece); [] where no draft may come
    before: list = field(default_factory=list)  # run directly on the server, in each of the two databases
    only: str = None  # one server's kind
    client_flag: int = CLIENT.MULTI_STATEMENTS
    absent: list = field(default_factory=list)  # pieces that no draft may hold
    options: dict = field(default_factory=dict)  # of the connection


USERS = (
    "CREATE TABLE users (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(45) NOT NULL,"
    " nick VARCHAR(45) NULL, bio TEXT NULL, org_id INT NULL, old INT NULL, KEY j (nick))"
)
ORGS = "CREATE TABLE orgs (id INT NOT NULL PRIMARY KEY, title VARCHAR(20) NOT NULL DEFAULT 'x')"
AUDIT = "CREATE TABLE audit (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, what VARCHAR(80))"
P = "CREATE PROCEDURE p() BEGIN SELECT 1; END"
T = "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW SET NEW.nick = 'a'"
V = "CREATE VIEW v AS SELECT id, name FROM users"

GUIS = [
    Scenario(
        "Workbench: table editor",
        before=[ORGS, USERS],
        steps=[
            "SET CHARACTER SET utf8",
            "SET NAMES utf8",
            "SET SQL_SAFE_UPDATES=1",
            "SET NAMES 'utf8mb4'",
            "ALTER TABLE `bankroll`.`users` \n"
            "ADD COLUMN `age` INT NULL AFTER `name`,\n"
            "CHANGE COLUMN `nick` `handle` VARCHAR(45) NOT NULL FIRST",
            "ALTER TABLE `bankroll`.`users` \n",
            "ALTER TABLE `bankroll`.`users` \nDROP COLUMN `old`,\nADD INDEX `a` (`age` ASC) ,\nDROP INDEX `j` ;\n",
            "ALTER TABLE `bankroll`.`users` \nADD COLUMN `fast` INT NULL, ALGORITHM = INPLACE, LOCK = NONE",
            "ALTER TABLE `bankroll`.`users` \nADD CONSTRAINT `fk`\n  FOREIGN KEY (`org_id`)\n"
            "  REFERENCES `bankroll`.`orgs` (`id`)\n  ON DELETE NO ACTION\n  ON UPDATE NO ACTION",
            "ALTER TABLE `bankroll`.`users` \nRENAME INDEX `a` TO `b`",
            "ALTER TABLE `bankroll`.`users` \nRENAME TO  `bankroll`.`people` ",
        ],
        drafts=[
            "ADD COLUMN `age`", "DROP COLUMN `old`", "ALGORITHM = INPLACE", "ADD CONSTRAINT `fk`", "RENAME INDEX",
            "RENAME TO  `people`",
        ],
        absent=["bankroll"],
    ),
    Scenario(
        "Workbench: view, routine and trigger editors",
        before=[USERS, P, T, V],
        steps=[
            "USE `bankroll`;",
            "CREATE  OR REPLACE VIEW `v` AS SELECT id, name, nick FROM users;",
            "USE `bankroll`;",
            "DROP procedure IF EXISTS `bankroll`.`p`;",
            "USE `bankroll`",
            "CREATE PROCEDURE `p` ()\nBEGIN\n\tSELECT 2;\nEND",
            "DROP TRIGGER IF EXISTS `bankroll`.`t`",
            "CREATE DEFINER = CURRENT_USER TRIGGER `bankroll`.`t` BEFORE INSERT ON `users` FOR EACH ROW\n"
            "BEGIN\n\tSET NEW.nick = 'b';\nEND",
        ],
        drafts=["VIEW `v`", "DROP procedure", "SELECT 2", "DROP TRIGGER", "SET NEW.nick = 'b'"],
        absent=["bankroll", "DEFINER="],
    ),
    Scenario(
        "Workbench: forward engineering",
        steps=[
            "SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0",
            "SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0",
            "SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,"
            "NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
            "CREATE SCHEMA IF NOT EXISTS `bankroll` DEFAULT CHARACTER SET utf8mb4",
            "USE `bankroll`",
            # The child before its parent: foreign_key_checks belongs to the change.
            "CREATE TABLE IF NOT EXISTS `bankroll`.`users` (\n  `id` INT NOT NULL AUTO_INCREMENT,\n"
            "  `org_id` INT NOT NULL,\n  PRIMARY KEY (`id`),\n  INDEX `fk_idx` (`org_id` ASC) ,\n"
            "  CONSTRAINT `fk`\n    FOREIGN KEY (`org_id`)\n    REFERENCES `bankroll`.`orgs` (`id`)\n"
            "    ON DELETE NO ACTION\n    ON UPDATE NO ACTION)\nENGINE = InnoDB",
            "SHOW WARNINGS",
            "CREATE TABLE IF NOT EXISTS `bankroll`.`orgs` (\n  `id` INT NOT NULL,\n  PRIMARY KEY (`id`))\nENGINE = InnoDB",
            "CREATE TABLE IF NOT EXISTS `bankroll`.`v` (`id` INT)",
            "DROP TABLE IF EXISTS `bankroll`.`v`",
            "USE `bankroll`",
            "CREATE  OR REPLACE VIEW `v` AS SELECT id FROM users",
            "SET SQL_MODE=@OLD_SQL_MODE",
            "SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS",
            "SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS",
        ],
        drafts=["`users`", "`orgs`", "TABLE IF NOT EXISTS `v`", "DROP TABLE IF EXISTS `v`", "VIEW `v`"],
        absent=["bankroll"],
    ),
    Scenario(
        "DBeaver: one commented ALTER a change",
        before=[USERS],
        steps=[
            "/* ApplicationName=DBeaver 24.2.3 - Main */ SET autocommit=1",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ ALTER TABLE bankroll.users ADD age int NULL",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ ALTER TABLE bankroll.users MODIFY COLUMN name varchar(200)"
            " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'x' NOT NULL",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ ALTER TABLE bankroll.users CHANGE nick handle varchar(45) NULL",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ ALTER TABLE bankroll.users CHANGE old old int NULL AFTER id",
            "/* ApplicationName=DBeaver 24.2.3 - SQLEditor <Script-12.sql> */ ALTER TABLE bankroll.users\nRENAME INDEX j TO k",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ ALTER TABLE `bankroll`.`users` RENAME TO `bankroll`.`people`",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ ALTER TABLE bankroll.people DROP INDEX k",
        ],
        drafts=["ADD age", "MODIFY COLUMN name", "CHANGE nick handle", "CHANGE old old", "RENAME INDEX", "`people`", "DROP INDEX k"],
        absent=["bankroll", "ApplicationName"],
    ),
    Scenario(
        "DBeaver: trigger edit with USE there and back",
        before=[USERS, T],
        steps=[
            "/* ApplicationName=DBeaver 24.2.3 - Main */ USE elsewhere",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ DROP TRIGGER IF EXISTS bankroll.t",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ USE bankroll",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ CREATE DEFINER=`root`@`localhost` TRIGGER t\n"
            "BEFORE INSERT ON users FOR EACH ROW BEGIN SET NEW.nick = 'new'; END",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ USE elsewhere",
            "/* ApplicationName=DBeaver 24.2.3 - Main */ CREATE TABLE t (id INT)",
            "USE bankroll",
        ],
        drafts=["DROP TRIGGER", "SET NEW.nick = 'new'"],
    ),
    Scenario(
        "HeidiSQL: table editor",
        before=[ORGS, USERS, "ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY (org_id) REFERENCES orgs (id)"],
        steps=[
            "SELECT CONNECTION_ID()",
            "SHOW /*!50002 GLOBAL */ STATUS",
            "SET NAMES utf8mb4",
            "USE `bankroll`",
            "ALTER TABLE `users`\n\tDROP FOREIGN KEY `fk`",
            "ALTER TABLE `users`\n\tADD COLUMN `age` INT NULL DEFAULT NULL AFTER `name`,\n"
            "\tCHANGE COLUMN `nick` `handle` VARCHAR(50) NOT NULL COLLATE 'utf8mb4_unicode_ci' AFTER `id`",
            "ALTER TABLE `users`\n\tCHANGE COLUMN `bio` `bio` TEXT NULL COMMENT 'only; a \\'comment\\'' AFTER `age`,\n"
            "\tADD CONSTRAINT `fk` FOREIGN KEY (`org_id`) REFERENCES `orgs` (`id`) ON UPDATE CASCADE ON DELETE SET NULL",
            "ALTER TABLE `orgs`\n\tALTER `title` DROP DEFAULT",
            "CREATE TABLE `copy` (\n\t`id` INT NOT NULL,\n\t`b` VARCHAR(5) NULL DEFAULT NULL\n)\nCOMMENT='it''s'\n"
            "COLLATE='utf8mb4_unicode_ci'\nENGINE=InnoDB\n",
            "RENAME TABLE `copy` TO `bankroll`.`other`",
        ],
        drafts=["DROP FOREIGN KEY", "ADD COLUMN `age`", "ADD CONSTRAINT", "DROP DEFAULT", "COMMENT='it''s'", "RENAME TABLE"],
    ),
    Scenario(
        "HeidiSQL: a batch in one packet of which the second fails",
        before=[USERS],
        steps=[
            Fails(
                1060,
                "ALTER TABLE `users` ADD COLUMN `age` INT NULL; ALTER TABLE `users` ADD COLUMN `name` INT NULL;"
                " ALTER TABLE `users` ADD COLUMN `never` INT NULL",
            )
        ],
        drafts=[NoWayBack("ADD COLUMN `age`")],
        absent=["never", "`name`"],
    ),
    Scenario(
        "HeidiSQL: routine edit with a probe",
        before=[P],
        steps=[
            "CREATE DEFINER=`root`@`%` PROCEDURE `HeidiSQL_temproutine_1`()\nBEGIN SELECT 2; END",
            "DROP PROCEDURE `HeidiSQL_temproutine_1`",
            "DROP PROCEDURE IF EXISTS `p`",
            "CREATE DEFINER=`root`@`%` PROCEDURE `p`()\n\tLANGUAGE SQL\n\tNOT DETERMINISTIC\n\tCONTAINS SQL\n"
            "\tSQL SECURITY DEFINER\n\tCOMMENT 'a; b'\nBEGIN SELECT 2; END",
        ],
        drafts=["temproutine", "temproutine", "DROP PROCEDURE IF EXISTS `p`", "SELECT 2"],
        absent=["DEFINER=", "root"],
    ),
    Scenario(
        "HeidiSQL: trigger edit that fails, and the old trigger again",
        before=[USERS, T],
        steps=["DROP TRIGGER `t`", Fails(1064, "CREATE TRIGGER `t` BEFORE INSERT ON users FOR EACH ROW SETT 1"), T],
        drafts=["DROP TRIGGER", "CREATE TRIGGER t"],
        absent=["SETT"],
    ),
    Scenario(
        "HeidiSQL: view edit",
        before=[USERS, V],
        steps=[
            "ALTER ALGORITHM = UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `v` AS SELECT name, id FROM users",
            "RENAME TABLE `v` TO `w`",
        ],
        drafts=["VIEW `v`", "RENAME TABLE"],
        absent=["root"],
    ),
    Scenario(
        "phpMyAdmin: collation change by way of BLOB",
        before=[USERS],
        steps=[
            "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_general_ci';",
            "SET lc_messages = 'en_US';",
            "SET collation_connection = 'utf8mb4_unicode_ci';",
            Choose("bankroll"),
            "ALTER TABLE `users` CHANGE `bio` `bio` BLOB;",
            "ALTER TABLE `users` CHANGE `bio` `bio` TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL DEFAULT NULL,"
            " CHANGE `nick` `handle` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'x';",
            "ALTER TABLE `users` ADD `n` INT NULL, ALGORITHM=INPLACE, LOCK=NONE;",
        ],
        drafts=["BLOB", "utf8mb4_bin", "ADD `n`"],
    ),
    Scenario(
        "phpMyAdmin: routine edit that fails, and the old routine again",
        before=[P],
        steps=["DROP PROCEDURE `p`;\n", Fails(1064, "CREATE PROCEDURE `p`() BEGIN SELEC 2; END"), P, "FLUSH PRIVILEGES;"],
        drafts=["DROP PROCEDURE", "CREATE PROCEDURE"],
    ),
    Scenario(
        "Adminer: table editor",
        client_flag=0,
        before=[USERS],
        steps=[
            "SET sql_quote_show_create = 1, autocommit = 1",
            Choose("bankroll"),
            "ALTER TABLE `users`\nADD `age` int(11) NULL AFTER `name`,\nCHANGE `nick` `handle` varchar(50) NOT NULL,\n"
            "DROP `old`,\nRENAME TO `people`,\nCOMMENT='x'",
            "ALTER TABLE `people`\nADD INDEX `i` (`name`),\nDROP INDEX `j`",
            "CREATE TABLE `copy_people` LIKE `people`",
            "INSERT INTO `copy_people` SELECT * FROM `people`",
            "CREATE TABLE parts (id int NOT NULL PRIMARY KEY)",
            "ALTER TABLE `parts`\nPARTITION BY HASH (`id`) PARTITIONS 3",
            "ALTER TABLE `parts`\nREMOVE PARTITIONING",
        ],
        drafts=["RENAME TO `people`", "ADD INDEX `i`", "LIKE", "TABLE parts", "PARTITION BY", "REMOVE"],
    ),
    Scenario(
        "Adminer: routine with a probe, trigger that is created once more",
        client_flag=0,
        before=[USERS, P, T],
        steps=[
            "CREATE PROCEDURE `adminer_64f0a1` ()\nSELECT 3",
            "DROP PROCEDURE `adminer_64f0a1`",
            "DROP PROCEDURE `p`",
            "CREATE PROCEDURE `p` ()\nSELECT 3",
            "DROP TRIGGER `t`",
            "CREATE TRIGGER `t` BEFORE INSERT ON `users` FOR EACH ROW\nSET NEW.nick = 'c'",
            Fails(1359, "CREATE TRIGGER `t` BEFORE INSERT ON `users` FOR EACH ROW SET NEW.nick = 'a'"),
        ],
        drafts=["adminer", "adminer", "DROP PROCEDURE `p`", "SELECT 3", "DROP TRIGGER", "SET NEW.nick = 'c'"],
        absent=["NEW.nick = 'a'"],
    ),
    Scenario(
        "Adminer: multi_query between two COM_SET_OPTION",
        client_flag=0,
        steps=[
            Option(0),
            "CREATE TABLE a (id INT); SELECT 1; CREATE TABLE b (id INT)",
            Option(1),
            Fails(1064, "CREATE TABLE c (id INT); CREATE TABLE d (id INT)"),
        ],
        drafts=["TABLE a (id INT)", "TABLE b (id INT)"],
    ),
    Scenario(
        "Sequel Ace: table editor",
        client_flag=0,
        before=[USERS, P, "CREATE TRIGGER t BEFORE INSERT ON `users` FOR EACH ROW SET NEW.old = 1"],
        steps=[
            "SET NAMES 'utf8mb4'",
            "SELECT CAST(DATABASE() AS BINARY)",
            Choose("bankroll"),
            "ALTER TABLE `users` ADD `age` INT(11)  NULL  DEFAULT NULL\n AFTER `name`",
            "ALTER TABLE `users` CHANGE `nick` `handle` VARCHAR(50)  CHARACTER SET utf8mb4  COLLATE utf8mb4_bin  NULL  DEFAULT NULL",
            "ALTER TABLE `users` MODIFY COLUMN `bio` TEXT NULL AFTER `id`",
            "RENAME TABLE `users` TO `people`",
            "CREATE PROCEDURE `q`() BEGIN SELECT 1; END",
            "DROP PROCEDURE `p`",
            "DROP TRIGGER `bankroll`.`t`",
            "CREATE TRIGGER `bankroll`.`t` AFTER INSERT ON `bankroll`.`people` FOR EACH ROW SET @a = 1",
            "CREATE TABLE `tmp` (id INT PRIMARY KEY)",
            "ALTER TABLE `bankroll`.`tmp` RENAME `bankroll`.`moved`",
        ],
        drafts=[
            "ADD `age`", "`handle`", "MODIFY COLUMN", "RENAME TABLE", "`q`", "DROP PROCEDURE", "DROP TRIGGER",
            "SET @a", "`tmp`", "RENAME `moved`",
        ],
        absent=["bankroll"],
    ),
    Scenario(
        "Beekeeper: several ALTERs in one packet in a transaction",
        before=[USERS],
        steps=[
            "START TRANSACTION",
            "ALTER TABLE `users` ADD COLUMN `age` int NULL, DROP COLUMN `old`, MODIFY `name` varchar(200) NOT NULL,"
            " CHANGE `nick` `handle` varchar(45) NULL;ALTER TABLE `users` ADD COLUMN `b` int NULL;"
            "\n      CREATE UNIQUE INDEX `i` on `users`(`age` ASC)\n    ;",
            "COMMIT",
            "RENAME TABLE `users` TO `people`;",
        ],
        drafts=[NoWayBack("`age` int"), NoWayBack("`b` int"), NoWayBack("UNIQUE INDEX"), "RENAME TABLE"],
    ),
    Scenario(
        "Beekeeper: a packet in a transaction that ends with an error",
        before=[USERS],
        steps=[
            "START TRANSACTION",
            Fails(1091, "ALTER TABLE `users` ADD COLUMN `a` int NULL;ALTER TABLE `users` DROP COLUMN `none`;ALTER TABLE `users` ADD `z` int"),
            "ROLLBACK",
            Fails(1064, "DELIMITER //"),
        ],
        drafts=[NoWayBack("`a` int")],
        absent=["`z`", "`none`"],
    ),
    Scenario(
        "Alembic's, Django's and Rails' forms",
        before=[USERS],
        steps=[
            "\nCREATE TABLE accounts (\n\tid INTEGER NOT NULL AUTO_INCREMENT, \n\temail VARCHAR(9), \n\tPRIMARY KEY (id), \n\tUNIQUE (email)\n)\n\n",
            "ALTER TABLE users MODIFY name VARCHAR(9) NOT NULL",
            "ALTER TABLE users CHANGE old older INTEGER NULL",
            "ALTER TABLE users ALTER COLUMN nick SET DEFAULT 'x'",
            "ALTER TABLE `users` MODIFY `name` varchar(9) NULL",
            "CREATE UNIQUE INDEX `i` ON `users` (`nick`) /*application:Shop,controller:x*/",
            "ALTER TABLE `users` ADD CONSTRAINT `users_chk` CHECK (`older` > 3)",
        ],
        drafts=["accounts", "MODIFY name", "older", "SET DEFAULT", "MODIFY `name`", "INDEX `i`", "CHECK"],
    ),
]

STATEMENTS = [
    Scenario(
        "bodies with a zero byte, which no image can hold",
        ["CREATE PROCEDURE p() SELECT 'a\0b'", "DROP PROCEDURE p"],
        drafts=["'a\\0b'", NoWayBack("DROP PROCEDURE")],
        only="mariadb",  # MySQL prints the body up to there
    ),
    Scenario(
        "a body that differs behind a zero byte",
        [
            "CREATE PROCEDURE p() SELECT 'a\0b'",
            "CREATE OR REPLACE PROCEDURE p() SELECT 'a\0c'",
            "DROP PROCEDURE p",  # a draft has the same value in other letters
        ],
        drafts=["'a\\0b'", NoWayBack("'a\\0c'"), NoWayBack("DROP PROCEDURE")],
        only="mariadb",
    ),
    Scenario(
        "ANSI_QUOTES",
        before=[USERS],
        steps=[
            "SET sql_mode = 'ANSI_QUOTES'",
            'CREATE TABLE "a;b" ("id" INT PRIMARY KEY, "the ""name""" VARCHAR(9) DEFAULT \'"x";\')',
            'ALTER TABLE "users" ADD COLUMN "age; DROP TABLE users" INT',
            'CREATE VIEW "w" AS SELECT "id" AS "the id" FROM "users"',
            'DROP VIEW "w"',
            'CREATE TABLE one (id INT); ALTER TABLE "one" ADD "a;" INT',
        ],
        drafts=['"a;b"', '"age; DROP', '"w"', "DROP VIEW", "TABLE one", NoWayBack('"a;"')],
    ),
    Scenario(
        "NO_BACKSLASH_ESCAPES",
        before=[USERS],
        steps=[
            "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
            "ALTER TABLE users COMMENT = 'a\\'",
            "ALTER TABLE users ADD COLUMN dir VARCHAR(20) DEFAULT 'c:\\' COMMENT 'no \\n line'",
            "CREATE TABLE one (id INT COMMENT '\\'); CREATE TABLE two (id INT COMMENT '; CREATE TABLE three (id INT)')",
            "ALTER TABLE users DROP COLUMN dir",
        ],
        drafts=["'a\\'", "'c:\\'", "TABLE one", "TABLE two", "DROP COLUMN dir"],
    ),
    Scenario(
        "sql_mode set and left within one text",
        before=[USERS],
        steps=[
            "SET @saved = @@sql_mode; SET sql_mode = 'ANSI_QUOTES'; ALTER TABLE \"users\" ADD \"x\" INT;"
            " SET sql_mode = @saved; CREATE TABLE after_it (id INT COMMENT \"it's a text\")"
        ],
        drafts=['"x"', "after_it"],
    ),
    Scenario(
        "SET NAMES latin1",
        before=[USERS],
        steps=[
            "SET NAMES latin1",
            "ALTER TABLE users ADD COLUMN größe INT COMMENT 'Stück für Stück'".encode("latin1"),
            "CREATE TABLE `straße` (id INT) COMMENT = 'é'".encode("latin1"),
            "RENAME TABLE `straße` TO `häuser`".encode("latin1"),
            "DROP TABLE `häuser`".encode("latin1"),
            "ALTER TABLE users DROP COLUMN größe".encode("latin1"),
        ],
        drafts=["größe INT COMMENT 'Stück für Stück'", "`straße`", "`häuser`", "DROP TABLE `häuser`", "DROP COLUMN größe"],
    ),
    Scenario(
        "SET NAMES gbk, whose second bytes may be a backslash or a quote's neighbour",
        before=[USERS],
        steps=[
            "SET NAMES gbk",
            "ALTER TABLE users ADD COLUMN 名称 INT COMMENT '誠;'".encode("gbk"),  # 誠 ends in 0x5c
            "CREATE TABLE 表 (id INT COMMENT '許功蓋\\'')".encode("gbk"),
            "CREATE TABLE one (id INT COMMENT '誠'); CREATE TABLE two (id INT)".encode("gbk"),
        ],
        drafts=["名称 INT COMMENT '誠;'", "CREATE TABLE 表", "COMMENT '誠'", "TABLE two"],
    ),
    Scenario(
        "PREPARE and EXECUTE",
        before=[USERS],
        steps=[
            "PREPARE s FROM 'ALTER TABLE users ADD COLUMN age INT COMMENT ''it\\\\''s'''",
            "EXECUTE s",
            "DEALLOCATE PREPARE s",
            "PREPARE s FROM 'ALTER TABLE users ADD COLUMN name INT'",
            Fails(1060, "EXECUTE s"),
            "PREPARE s FROM 'CREATE TABLE never_executed (id INT)'",
            "DROP PREPARE s",
        ],
        drafts=["ADD COLUMN age"],
        absent=["never", "COLUMN name"],
    ),
    Scenario(
        "PREPARE from a user variable",
        before=[USERS],
        steps=[
            "SET @t = 'users'",
            "SET @s = CONCAT('ALTER TABLE ', @t, ' ADD COLUMN age INT')",
            "PREPARE s FROM @s",
            "EXECUTE s",
        ],
        # The text of the change is not in what the client sends: scan finds such a change.
        drafts=[],
    ),
    Scenario(
        "EXECUTE IMMEDIATE",
        only="mariadb",
        before=[USERS],
        steps=[
            "EXECUTE IMMEDIATE 'ALTER TABLE users ADD COLUMN age INT DEFAULT ''7'''",
            Fails(1060, "EXECUTE IMMEDIATE 'ALTER TABLE users ADD COLUMN age INT'"),
        ],
        drafts=["ALTER TABLE users ADD COLUMN age INT DEFAULT '7'"],
    ),
    Scenario(
        "BEGIN NOT ATOMIC",
        only="mariadb",
        before=[USERS],
        steps=[
            "BEGIN NOT ATOMIC\n  DECLARE n INT DEFAULT 0;\n  CREATE TABLE made (id INT);\n"
            "  ALTER TABLE users ADD COLUMN age INT;\n  SELECT n;\nEND",
            Fails(1050, "BEGIN NOT ATOMIC CREATE TABLE half (id INT); CREATE TABLE made (id INT); END"),
            "IF 1 = 0 THEN CREATE TABLE no_such (id INT); END IF",
        ],
        drafts=["BEGIN NOT ATOMIC", "half"],
        absent=["no_such"],
    ),
    Scenario(
        "BEGIN NOT ATOMIC, the first of it without an effect",
        only="mariadb",
        before=[USERS],
        steps=[
            "BEGIN NOT ATOMIC\n  CREATE TABLE IF NOT EXISTS users (id INT);\n"
            "  ALTER TABLE users ADD COLUMN age INT;\nEND",
        ],
        drafts=["ADD COLUMN age"],
    ),
    Scenario(
        "SET STATEMENT ... FOR",
        only="mariadb",
        before=[USERS],
        steps=[
            "SET STATEMENT lock_wait_timeout = 5, max_statement_time = 30 FOR ALTER TABLE users ADD COLUMN age INT",
            "SET STATEMENT sql_mode = '' FOR ALTER TABLE users ADD COLUMN b DATE DEFAULT '0000-00-00'",
        ],
        drafts=["ADD COLUMN age", "ADD COLUMN b"],
    ),
    Scenario(
        "CREATE OR REPLACE",
        only="mariadb",
        before=[USERS, AUDIT, P, "CREATE TRIGGER t AFTER INSERT ON audit FOR EACH ROW SET @a = 1", V],
        steps=[
            "CREATE OR REPLACE TABLE audit (id INT PRIMARY KEY, only_this INT)",
            "CREATE OR REPLACE VIEW v AS SELECT id FROM users",
            "CREATE OR REPLACE PROCEDURE p() BEGIN SELECT 'replaced;'; END",
            "CREATE OR REPLACE TABLE fresh (id INT)",
        ],
        drafts=["only_this", "VIEW v", "PROCEDURE p", "TABLE fresh"],
    ),
    Scenario(
        "IF EXISTS and IF NOT EXISTS without an effect",
        before=[USERS, V, P],
        steps=[
            "CREATE TABLE IF NOT EXISTS users (other INT)",
            "DROP TABLE IF EXISTS missing, missing_too",
            "DROP VIEW IF EXISTS missing",
            "DROP PROCEDURE IF EXISTS missing",
            "DROP TRIGGER IF EXISTS missing",
            "DROP EVENT IF EXISTS missing",
            "CREATE DATABASE IF NOT EXISTS bankroll",
            "CREATE OR REPLACE VIEW v AS SELECT id, name FROM users",
            "ALTER TABLE users ENGINE = InnoDB",
            "ALTER TABLE users MODIFY old INT NULL",
            "ANALYZE TABLE users",
            "TRUNCATE TABLE users",
        ],
        drafts=[],
    ),
    Scenario(
        "IF EXISTS and IF NOT EXISTS of columns",
        only="mariadb",
        before=[USERS],
        steps=[
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS nick INT",
            "ALTER TABLE users DROP COLUMN IF EXISTS missing",
            "ALTER TABLE IF EXISTS missing ADD COLUMN a INT",
            "CREATE INDEX IF NOT EXISTS j ON users (name)",
            "DROP INDEX IF EXISTS missing ON users",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS age INT",
        ],
        drafts=["age"],
    ),
    Scenario(
        "DROP TABLE of one that is there and one that is not",
        before=[USERS, ORGS],
        steps=["DROP TABLE IF EXISTS missing, orgs", Fails(1051, "DROP TABLE users, missing")],
        drafts=["orgs"],
        only="mysql",
    ),
    Scenario(
        "DROP TABLE of one that is there and one that is not: MariaDB drops the first",
        before=[USERS, ORGS],
        steps=["DROP TABLE IF EXISTS missing, orgs", Fails(1051, "DROP TABLE users, missing")],
        drafts=["orgs", "DROP TABLE `users`"],
        absent=["users, missing"],
        only="mariadb",
    ),
    Scenario(
        "DDL in a schema that is not tracked",
        steps=[
            "CREATE TABLE elsewhere.a (id INT)",
            "USE elsewhere",
            "ALTER TABLE a ADD COLUMN b INT",
            "CREATE VIEW w AS SELECT id FROM a",
            "CREATE DATABASE elsewhere_too",
            "DROP DATABASE elsewhere_too",
            "CREATE TABLE c (id INT); DROP TABLE c; USE bankroll",
        ],
        drafts=[],
    ),
    Scenario(
        "RENAME between schemas",
        before=[USERS, ORGS],
        steps=["RENAME TABLE orgs TO elsewhere.orgs", "RENAME TABLE elsewhere.orgs TO bankroll.back, users TO bankroll.people"],
        drafts=["`elsewhere`.`orgs`|elsewhere.orgs", "people"],
    ),
    Scenario(
        "the database itself, dropped and made again",
        steps=["DROP DATABASE bankroll", "CREATE DATABASE bankroll CHARACTER SET utf8mb4", "USE bankroll"],
        # No migration drops its database.
        drafts=[],
        absent=["DROP DATABASE", "CREATE DATABASE"],
    ),
    Scenario(
        "packages",
        only="mariadb",
        steps=[
            "SET sql_mode = ORACLE",
            "CREATE OR REPLACE PACKAGE pk AS PROCEDURE p1(); FUNCTION f1 RETURN INT; END;",
            "CREATE OR REPLACE PACKAGE BODY pk AS PROCEDURE p1() AS BEGIN NULL; END;"
            " FUNCTION f1 RETURN INT AS BEGIN RETURN 1; END; END;",
            "CREATE PROCEDURE op AS x INT := 1; BEGIN SELECT x; END;",
            "DROP PACKAGE pk",
        ],
        drafts=["PACKAGE pk", "PACKAGE BODY pk", "PROCEDURE op", "DROP PACKAGE"],
    ),
    Scenario(
        "a session without a default schema",
        before=[USERS],
        options={"database": None},
        steps=[
            "CREATE TABLE bankroll.x (id INT)",
            "ALTER TABLE bankroll.users ADD y INT",
            "CREATE VIEW bankroll.z AS SELECT u.id FROM bankroll.users u JOIN bankroll.x ON bankroll.x.id = u.id",
            "CREATE PROCEDURE bankroll.pp() SELECT id FROM bankroll.users",
            "DROP VIEW bankroll.z",
        ],
        drafts=["TABLE x", "ADD y", "VIEW z", "PROCEDURE pp", "DROP VIEW z"],
    ),
    Scenario(
        "schemas and USE within one text",
        steps=[
            "USE elsewhere; CREATE TABLE n (id INT); USE bankroll; CREATE TABLE m (id INT); ALTER TABLE elsewhere.n ADD b INT",
        ],
        drafts=["TABLE m"],
    ),
    Scenario(
        "options of a table",
        before=[USERS],
        steps=[
            "ALTER TABLE users ROW_FORMAT=COMPRESSED",
            "ALTER TABLE users CONVERT TO CHARACTER SET latin1",
            "ALTER TABLE users ENGINE=MyISAM",
            "ALTER TABLE users ORDER BY name",
            "ALTER TABLE users DROP PRIMARY KEY, MODIFY id INT, ADD PRIMARY KEY (name)",
        ],
        drafts=["ROW_FORMAT", "CONVERT", "MyISAM", "DROP PRIMARY KEY"],
    ),
    Scenario(
        "zero dates, quotes of both kinds",
        before=[USERS],
        steps=[
            "SET sql_mode = ''",
            "ALTER TABLE users ADD d DATE NOT NULL DEFAULT '0000-00-00', ADD e INT DEFAULT 1 COMMENT \"it's\"",
            "ALTER TABLE users DROP d",
            "SET sql_mode = 'TRADITIONAL'",
            "ALTER TABLE users DROP e",
        ],
        drafts=["ADD d", "DROP d", "DROP e"],
    ),
    Scenario(
        "a chain of renames",
        before=[USERS, ORGS],
        steps=["RENAME TABLE users TO swap, orgs TO users, swap TO orgs"],
        drafts=["swap"],
    ),
    Scenario(
        "a temporary table that hides a real one",
        before=[USERS],
        steps=[
            "CREATE TEMPORARY TABLE users (id INT)",
            "ALTER TABLE users ADD COLUMN temporary_column INT",
            "CREATE INDEX temporary_index ON users (id)",
            "DROP TABLE users",
            "ALTER TABLE users ADD COLUMN real_column INT",
            "CREATE TEMPORARY TABLE scratch LIKE users",
            "ALTER TABLE scratch RENAME TO scratch2, ADD COLUMN temporary_column INT",
            "DROP TABLE IF EXISTS scratch, scratch2",
            "CREATE TEMPORARY TABLE orgs (id INT)",
            "CREATE TABLE orgs (id INT, real_one INT)",
            "ALTER TABLE orgs ADD COLUMN temporary_column INT",
            "DROP TEMPORARY TABLE orgs",
        ],
        drafts=["real_column", "real_one"],
        absent=["temporary"],
    ),
    Scenario(
        "LOCK TABLES, then ALTER",
        before=[USERS, ORGS],
        steps=[
            "LOCK TABLES users WRITE, orgs READ",
            "ALTER TABLE users ADD COLUMN age INT",
            Fails(1099, "ALTER TABLE orgs ADD COLUMN age INT"),
            Fails(1100, "ALTER TABLE bankroll.not_locked ADD COLUMN age INT"),
            "UNLOCK TABLES",
        ],
        drafts=["ALTER TABLE users ADD COLUMN age"],
    ),
    Scenario(
        "in a transaction",
        before=[USERS, ORGS],
        steps=[
            "BEGIN",
            "INSERT INTO orgs VALUES (1, 'a')",
            "SELECT * FROM users",
            "ALTER TABLE users ADD COLUMN age INT",
            "ROLLBACK",
            "BEGIN",
            "INSERT INTO orgs VALUES (2, 'b')",
            "ALTER TABLE orgs ADD COLUMN of_the_same_table INT",
            "ROLLBACK",
        ],
        drafts=["age", "of_the_same_table"],
    ),
    Scenario(
        "autocommit = 0 and REPEATABLE READ",
        before=[USERS],
        steps=[
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "SET autocommit = 0",
            "SELECT * FROM users",
            "ALTER TABLE users ADD COLUMN age INT",
            "SELECT * FROM users",
            "CREATE TABLE more (id INT)",
            "INSERT INTO more VALUES (1)",
            "ALTER TABLE more ADD COLUMN b INT",
            "ROLLBACK",
        ],
        drafts=["age", "more", "ADD COLUMN b"],
    ),
    Scenario(
        "START TRANSACTION READ ONLY, which DDL ends",
        before=[USERS],
        steps=["START TRANSACTION READ ONLY", "ALTER TABLE users ADD COLUMN age INT", "COMMIT"],
        drafts=["age"],
    ),
    Scenario(
        "executable comments",
        before=[USERS],
        steps=[
            "/*!50000 ALTER TABLE users ADD COLUMN a INT */",
            "/*!99999 ALTER TABLE users ADD COLUMN never INT */",
            "ALTER /*!50000 TABLE */ users ADD COLUMN b INT /*!99999 , ADD COLUMN never INT */",
            "-- a comment; DROP TABLE users\n# and one\nALTER TABLE users ADD COLUMN c INT -- the end",
            "alter /* gh-ost */ table users add column d int",
        ],
        drafts=["ADD COLUMN a", "ADD COLUMN b", "ADD COLUMN c", "add column d"],
    ),
    Scenario(
        "executable comments of MariaDB",
        only="mariadb",
        before=[USERS],
        steps=[
            "/*M!100100 ALTER TABLE users ADD COLUMN a INT */",
            "/*M!999999 ALTER TABLE users ADD COLUMN never INT */",
            "/*!50701 ALTER TABLE users ADD COLUMN of_mysql INT */",
            "/*!100100 ALTER TABLE users ADD COLUMN b INT */",
        ],
        drafts=["COLUMN a", "COLUMN b"],
    ),
    Scenario(
        "sequences",
        only="mariadb",
        steps=[
            "CREATE SEQUENCE s START WITH 100 INCREMENT BY 10",
            "ALTER SEQUENCE s MAXVALUE 5000",
            "CREATE TABLE numbered (id INT DEFAULT (NEXT VALUE FOR bankroll.s))",
            "CREATE SEQUENCE IF NOT EXISTS s",
            "DROP TABLE numbered",
            "RENAME TABLE s TO r",
            "DROP SEQUENCE r",
            "CREATE SEQUENCE q",
            "DROP TABLE q",
        ],
        drafts=["CREATE SEQUENCE s", "ALTER SEQUENCE", "numbered", "DROP TABLE", "RENAME", "DROP SEQUENCE", "CREATE SEQUENCE q", "DROP TABLE q"],
        absent=["bankroll"],
    ),
    Scenario(
        "partitions",
        steps=[
            "CREATE TABLE logs (id INT NOT NULL, y INT NOT NULL, PRIMARY KEY (id, y))"
            " PARTITION BY RANGE (y) (PARTITION p1 VALUES LESS THAN (2020), PARTITION p2 VALUES LESS THAN (2025))",
            "ALTER TABLE logs ADD PARTITION (PARTITION p3 VALUES LESS THAN MAXVALUE)",
            "ALTER TABLE logs ADD COLUMN note VARCHAR(10)",
            "ALTER TABLE logs DROP PARTITION p1",
            "DROP TABLE logs",
        ],
        drafts=["CREATE TABLE logs", "ADD PARTITION", "ADD COLUMN note", "DROP PARTITION", "DROP TABLE"],
    ),
    Scenario(
        "generated columns and checks",
        steps=[
            "CREATE TABLE g (a INT, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL, c INT AS (a + 1) STORED)",
            "ALTER TABLE g ADD COLUMN d VARCHAR(20) AS (CONCAT('x;', a)) VIRTUAL COMMENT 'made' AFTER a, ADD INDEX gd (d)",
            "ALTER TABLE g DROP INDEX gd, DROP COLUMN d",
            "ALTER TABLE g ADD CONSTRAINT positive CHECK (a > 0)",
            "ALTER TABLE g DROP CONSTRAINT positive",
            "ALTER TABLE g DROP COLUMN b",
            "ALTER TABLE g DROP COLUMN c",
        ],
        drafts=["CREATE TABLE g", "COLUMN d", "DROP INDEX gd", "CHECK", "DROP CONSTRAINT", "DROP COLUMN b", "DROP COLUMN c"],
    ),
    Scenario(
        "index kinds of MySQL",
        only="mysql",
        before=[USERS],
        steps=[
            "ALTER TABLE users ADD INDEX f ((LOWER(name))), ADD INDEX d (nick DESC, name(3)), ADD FULLTEXT INDEX ft (bio)",
            "ALTER TABLE users ALTER INDEX d INVISIBLE",
            "ALTER TABLE users DROP INDEX f, DROP INDEX ft",
            "ALTER TABLE users RENAME COLUMN nick TO handle, ALTER COLUMN name SET INVISIBLE",
            "CREATE TABLE geo (id INT PRIMARY KEY, g POINT NOT NULL SRID 4326, SPATIAL INDEX gi (g), j JSON DEFAULT (JSON_ARRAY()))",
            "ALTER TABLE geo DROP COLUMN g",
        ],
        drafts=["LOWER", "INVISIBLE", "DROP INDEX f", "RENAME COLUMN", "geo", "DROP COLUMN g"],
    ),
    Scenario(
        "column kinds of MariaDB",
        only="mariadb",
        before=[USERS],
        steps=[
            "ALTER TABLE users ADD COLUMN u UUID DEFAULT uuid(), ADD COLUMN j JSON, ADD COLUMN i INET6 INVISIBLE",
            "ALTER TABLE users RENAME COLUMN nick TO handle, RENAME INDEX j TO k",
            "ALTER TABLE users ALTER INDEX k IGNORED",
            "CREATE TABLE periods (id INT, s DATE, e DATE, PERIOD FOR p (s, e))",
            "CREATE TABLE versioned (id INT) WITH SYSTEM VERSIONING",
            Fails(4119, "ALTER TABLE versioned ADD COLUMN a INT"),
            "DROP TABLE versioned",
        ],
        drafts=["UUID", "RENAME COLUMN", "IGNORED", "periods", "versioned", "DROP TABLE"],
    ),
    Scenario(
        "events",
        steps=[
            "SET time_zone = '+05:00'",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DISABLE COMMENT 'a; b' DO DELETE FROM bankroll.x",
            "CREATE DEFINER=`root`@`localhost` EVENT bankroll.e2 ON SCHEDULE EVERY 2 HOUR STARTS '2037-01-01 00:00:00' DISABLE DO BEGIN SET @a = 1; SET @b := 2; END",
            "ALTER EVENT e ON SCHEDULE EVERY 2 DAY STARTS '2037-01-01 00:00:00'",
            "ALTER EVENT bankroll.e RENAME TO bankroll.f",
            "DROP EVENT f",
            "DROP EVENT IF EXISTS f",
        ],
        drafts=["EVENT e ", "EVENT e2", "EVERY 2 DAY", "RENAME TO f", "DROP EVENT"],
        absent=["DEFINER="],
    ),
    Scenario(
        "routines",
        steps=[
            "SET sql_mode = 'PIPES_AS_CONCAT'",
            "CREATE FUNCTION f(a VARCHAR(9) CHARSET latin1) RETURNS VARCHAR(20) DETERMINISTIC RETURN a || ';'",
            "SET sql_mode = DEFAULT",
            "CREATE PROCEDURE `p;q`(IN a INT, OUT b INT) COMMENT 'c'\nBEGIN\n  DECLARE x INT; -- ; here\n"
            "  CASE a WHEN 1 THEN SET b = 2; ELSE BEGIN END; END CASE;\n  label: LOOP LEAVE label; END LOOP;\nEND",
            "ALTER PROCEDURE `p;q` COMMENT 'd'",
            "ALTER FUNCTION f SQL SECURITY INVOKER",
            "DROP FUNCTION f",
            "DROP PROCEDURE bankroll.`p;q`",
        ],
        drafts=["FUNCTION f", "`p;q`", "COMMENT 'd'", "INVOKER", "DROP FUNCTION", "DROP PROCEDURE"],
    ),
    Scenario(
        "foreign keys",
        steps=[
            "CREATE TABLE bankroll.parent (id INT PRIMARY KEY, other INT UNIQUE)",
            "CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT c1 FOREIGN KEY (p) REFERENCES bankroll.parent (id) ON DELETE CASCADE)",
            "ALTER TABLE child ADD COLUMN q INT, ADD CONSTRAINT c2 FOREIGN KEY (q) REFERENCES `bankroll` . `parent` (other)",
            "ALTER TABLE child DROP FOREIGN KEY c1, DROP INDEX c1",
            "ALTER TABLE parent CHANGE other renamed INT",
            "RENAME TABLE parent TO ancestor",
            "SET foreign_key_checks = 0",
            "DROP TABLE ancestor",
            "DROP TABLE child",
        ],
        drafts=["parent", "c1", "c2", "DROP FOREIGN KEY c1", "renamed", "ancestor", "DROP TABLE ancestor", "DROP TABLE child"],
        absent=["bankroll"],
    ),
    Scenario(
        "a table made from a SELECT, a table like another",
        before=[USERS],
        steps=["CREATE TABLE a AS SELECT id, name FROM bankroll.users", "CREATE TABLE b LIKE bankroll.users", "CREATE TABLE bankroll.c (LIKE users)"],
        drafts=["SELECT id, name", "b LIKE users", "LIKE users"],
        absent=["bankroll"],
    ),
    Scenario(
        "defaults of the database",
        before=[USERS],
        steps=[
            "ALTER DATABASE bankroll CHARACTER SET latin1 COLLATE latin1_bin",
            "CREATE TABLE after_it (a VARCHAR(9))",
            "ALTER DATABASE CHARACTER SET utf8mb4",
        ],
        drafts=["latin1_bin", "after_it", "utf8mb4"],
    ),
    Scenario(
        "a change by CALL",
        before=[USERS, "CREATE PROCEDURE change_it() ALTER TABLE users ADD COLUMN of_a_call INT"],
        steps=["CALL change_it()"],
        # Not in the text: scan finds such a change.
        drafts=[],
    ),
    Scenario(
        "DROP TABLE with triggers",
        before=[USERS, AUDIT, T, "CREATE TRIGGER t2 AFTER INSERT ON users FOR EACH ROW INSERT INTO audit (what) VALUES (NEW.name)"],
        steps=["DROP TABLE users", "DROP TABLE audit"],
        drafts=["users", "audit"],
    ),
    Scenario(
        "quotes, blanks and letters in names",
        steps=[
            "CREATE TABLE `a``b` (`x y` INT, `select` INT, `ñ` INT)",
            "ALTER TABLE `a``b` RENAME TO `bankroll`.`Größe %s {0} $1`",
            "ALTER TABLE `Größe %s {0} $1` CHANGE `x y` `x.y` INT COMMENT '%d -- migrate:down'",
            "CREATE TABLE marks (id INT) COMMENT 'a\n-- migrate:down\nb'",
        ],
        drafts=["`a``b`", "Größe", "`x.y`", "marks"],
    ),
]

SCENARIOS = GUIS + STATEMENTS

# --- running one -----------------------------------------------------------------------------------------------------


def run_text(connection, text):
    """Sends a text (bytes are sent as they are) and reads all its answers."""
    connection.query(text)
    while connection._result.has_next:
        connection.next_result()


def run_step(connection, step):
    if isinstance(step, Choose):
        connection.select_db(step.schema)
    elif isinstance(step, Option):
        connection._execute_command(COMMAND.COM_SET_OPTION, struct.pack("<H", step.value))
        connection._read_packet()
    elif isinstance(step, Fails):
        with pytest.raises(pymysql.MySQLError) as failure:
            run_text(connection, step.text)
        assert failure.value.args[0] == step.code, f"{failure.value}\n{step.text}"
    else:
        try:
            run_text(connection, step)
        except pymysql.MySQLError as error:
            raise AssertionError(f"{error}\n{step}") from error


def run_directly(server, database, statements):
    with contextlib.closing(server.connect(database=database)) as connection:
        for statement in statements:
            run_text(connection, statement)


def prepare(server, database, before):
    """A database as it was before the scenario, and a schema beside it."""
    server.fresh_database(database)
    server.fresh_database(ELSEWHERE)
    run_directly(server, database, before)


class Watch:
    """The drafts that come from now on."""

    def __init__(self, through):
        self.through = through
        self.known = {draft.path for draft in through.drafts()}

    def drafts(self):
        return [draft for draft in self.through.drafts() if draft.path not in self.known]

    def until_end(self, seconds=120):
        """Makes the last change; returns the drafts before that of the last change, which proves them complete."""
        self.through.execute(f"CREATE TABLE {END} (id INT)")
        return self.until(END, seconds)[:-1]

    def until(self, piece, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            drafts = self.drafts()
            if drafts and piece in drafts[-1].up:
                return drafts
            time.sleep(0.03)
        raise AssertionError(f"no draft of {piece} within {seconds} s\n{tell(self.drafts())}\n{self.through.said()}")


def tell(drafts):
    return "\n".join(f"--- {draft.path.name}\n{draft.up}\n-- down\n{draft.down}" for draft in drafts)


def has_statement(section):
    return any(line.strip() and not line.startswith("--") for line in section.split("\n"))


def sequences(server, database):
    if not server.is_mariadb:
        return {}
    names = server.execute(
        f"SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{database}' AND TABLE_TYPE = 'SEQUENCE'"
    )
    return {f"SEQUENCE {name}": server.execute(f"SHOW CREATE SEQUENCE `{name}`", database) for (name,) in names}


def defaults(server, database):
    return server.execute(
        "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
        f" WHERE SCHEMA_NAME = '{database}'"
    )


def schema(server, database):
    """Every object as SHOW CREATE prints it; the schema's own name, which bodies may hold, is left out."""
    with contextlib.closing(server.connect(database=database)) as connection:
        with connection.cursor(pymysql.cursors.DictCursor) as cursor:
            objects = {
                f"{kind} {name}": without_schema(show_create(cursor, kind, name.replace("`", "``")), database)
                for kind, name in list_objects(cursor, database)
                if name != END
            }
    return objects | sequences(server, database) | {"defaults": defaults(server, database)}


def without_schema(columns, database):
    return {
        # MySQL keeps what stands behind a body of one simple statement, if another statement follows in the text.
        column: text.replace(f"`{database}`.", "").replace(f"{database}.", "").removesuffix(";").rstrip()
        for column, text in columns.items()
    }


def assert_same(schema_now, wanted, drafts):
    differences = [
        f"{name}\n  is     {schema_now.get(name)}\n  wanted {wanted.get(name)}"
        for name in sorted(schema_now.keys() | wanted.keys())
        if schema_now.get(name) != wanted.get(name)
    ]
    assert not differences, "\n".join([*differences, tell(drafts)])


def replay(server, draft, section):
    try:
        run_directly(server, PRODUCTION, ["SET NAMES utf8mb4", section])
    except pymysql.MySQLError as error:
        raise AssertionError(f"{draft.path.name}: {error}\n{section}") from error


def replay_ups(server, before, drafts):
    """The schemas before each draft, and the last one."""
    prepare(server, PRODUCTION, before)
    schemas = [schema(server, PRODUCTION)]
    for draft in drafts:
        replay(server, draft, draft.up)
        schemas.append(schema(server, PRODUCTION))
    return schemas


def check_replays(server, drafts, before=()):
    """The ups build what development is; each known down brings back what was before."""
    developed = schema(server, DEVELOPMENT)
    schemas = replay_ups(server, before, drafts)
    assert_same(schemas[-1], developed, drafts)
    for position in reversed(range(len(drafts))):
        draft = drafts[position]
        if has_statement(draft.down):
            replay(server, draft, draft.down)
            assert_same(schema(server, PRODUCTION), schemas[position], [draft])
        else:
            replay_ups(server, before, drafts[:position])


def check_drafts(drafts, expected, absent):
    assert len(drafts) == len(expected), tell(drafts)
    for draft, wanted in zip(drafts, expected):
        known = not isinstance(wanted, NoWayBack)
        pieces = wanted if known else wanted.up
        assert any(piece in draft.up for piece in pieces.split("|")), f"no {pieces} in\n{draft.up}"
        assert has_statement(draft.down) == known, tell([draft])
        if not known:
            assert "no way back is known" in draft.down.lower(), draft.down
        for piece in absent:
            assert piece not in draft.up, tell([draft])


def scenario_id(scenario):
    return re.sub(r"[^A-Za-z0-9]+", "-", scenario.name)[:60].strip("-")


PAIRS = [
    pytest.param(kind, scenario, id=f"{kind}-{scenario_id(scenario)}")
    for kind in ("mariadb", "mysql")
    for scenario in SCENARIOS
    if scenario.only in (None, kind)
]


@pytest.fixture(scope="module")
def proxies(request, tmp_path_factory):
    """One proxy in front of each server, for all tests of this file."""
    from conftest import proxy_factory, stop_all

    start, started = proxy_factory(tmp_path_factory.mktemp("capture"))
    running = {}

    def of(kind):
        if kind not in running:
            server = request.getfixturevalue(kind)
            server.fresh_database(DEVELOPMENT)
            running[kind] = server, start(server)
        return running[kind]

    yield of
    stop_all(started)


@pytest.mark.parametrize("kind, scenario", PAIRS)
def test_changes_are_drafted(kind, scenario, proxies):
    server, through = proxies(kind)
    prepare(server, DEVELOPMENT, scenario.before)
    watch = Watch(through)
    with contextlib.closing(through.connect(client_flag=scenario.client_flag, **scenario.options)) as connection:
        for step in scenario.steps:
            run_step(connection, step)
    drafts = watch.until_end()
    check_drafts(drafts, scenario.drafts, scenario.absent)
    if not changed_unseen(scenario):
        check_replays(server, drafts, scenario.before)


def changed_unseen(scenario):
    """Changed the schema by a text that no client sent."""
    return not scenario.drafts and scenario.steps[-1] in ("CALL change_it()", "EXECUTE s")


# --- clients that are programs of their own --------------------------------------------------------------------------

PREPARED = [
    "create table `people` (`id` bigint unsigned not null auto_increment primary key, `name` varchar(255) not null)"
    " default character set utf8mb4 collate 'utf8mb4_unicode_ci'",
    "alter table `people` add `age` int null after `name`",
    "alter table `people` add index `people_age_index`(`age`)",
    "alter table `people` add `name` int",
    "create view `grown_ups` as select `id` from `people` where `age` > 17",
]


def target(through):
    return Target(host=through.host, port=through.port)


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
@pytest.mark.parametrize("client", [NodeMySQL2Binary(), NodeMySQL2()], ids=lambda client: client.name)
def test_statements_of_mysql2_are_drafted(kind, client, proxies):
    """As Laravel and TypeORM do it: prepared and executed by the binary protocol, and as text."""
    server, through = proxies(kind)
    prepare(server, DEVELOPMENT, [])
    watch = Watch(through)
    transcript = client.run(target(through), PREPARED)
    assert [answer.get("error") for answer in transcript] == [None, None, None, 1060, None], transcript
    drafts = watch.until_end()
    check_drafts(drafts, ["create table `people`", "add `age`", "add index", "create view"], ["bankroll"])
    check_replays(server, drafts)


# As mariadb-dump and mysqldump write it: a placeholder for the view, everything else in executable comments.
DUMP = """\
-- MySQL dump 10.13
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
DROP TABLE IF EXISTS `child`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `child` (
  `id` int NOT NULL,
  `p` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `fk` (`p`),
  CONSTRAINT `fk` FOREIGN KEY (`p`) REFERENCES `parent` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Größe; it''s';
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `child` WRITE;
/*!40000 ALTER TABLE `child` DISABLE KEYS */;
INSERT INTO `child` VALUES (1,1),(2,1);
/*!40000 ALTER TABLE `child` ENABLE KEYS */;
UNLOCK TABLES;
/*!50003 SET @saved_cs_client      = @@character_set_client */ ;
/*!50003 SET @saved_col_connection = @@collation_connection */ ;
/*!50003 SET character_set_client  = utf8mb4 */ ;
/*!50003 SET collation_connection  = utf8mb4_unicode_ci */ ;
/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;
/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `child_t` BEFORE INSERT ON `child` FOR EACH ROW BEGIN
  SET NEW.p = IF(NEW.p = 0, NULL, NEW.p); -- a; b
END */;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
/*!50003 SET collation_connection  = @saved_col_connection */ ;
DROP TABLE IF EXISTS `parent`;
CREATE TABLE `parent` (
  `id` int NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
/*!50001 DROP VIEW IF EXISTS `v`*/;
/*!50001 CREATE VIEW `v` AS SELECT
 1 AS `id`*/;
/*!50106 SET @save_time_zone= @@TIME_ZONE */ ;
/*!50106 DROP EVENT IF EXISTS `e` */;
DELIMITER ;;
/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */ ;;
/*!50003 SET @saved_time_zone      = @@time_zone */ ;;
/*!50003 SET time_zone             = 'SYSTEM' */ ;;
/*!50106 CREATE*/ /*!50117 DEFINER=`root`@`localhost`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE DO BEGIN DELETE FROM child; SELECT 1; END */ ;;
/*!50003 SET time_zone             = @saved_time_zone */ ;;
DELIMITER ;
/*!50003 DROP PROCEDURE IF EXISTS `p` */;
DELIMITER ;;
CREATE DEFINER=`root`@`localhost` PROCEDURE `p`(IN a INT)
    COMMENT 'c'
BEGIN
  SELECT a; SELECT 'b;';
END ;;
/*!50003 CREATE DEFINER=`root`@`localhost` FUNCTION `f`(`a` INT) RETURNS int
    DETERMINISTIC
RETURN a + 1 */ ;;
DELIMITER ;
/*!50001 DROP VIEW IF EXISTS `v`*/;
/*!50001 SET character_set_client      = utf8mb4 */;
/*!50001 SET collation_connection      = utf8mb4_unicode_ci */;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */
/*!50001 VIEW `v` AS select `child`.`id` AS `id`,`p` AS `p` from `child` */;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
"""


class Restore:
    """Sends a dump by a command line client, as `mysql bankroll < dump.sql`."""

    def __init__(self, client):
        self.client = client

    def run(self, through, text):
        command = [word for word in self.client.command(target(through)) if word not in ("--force", "--column-type-info")]
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=180)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
@pytest.mark.parametrize("client", [MariaDBClient(), MySQLClient()], ids=lambda client: client.name)
def test_a_restored_dump_is_drafted(kind, client, proxies):
    server, through = proxies(kind)
    prepare(server, DEVELOPMENT, [])
    watch = Watch(through)
    Restore(client).run(through, DUMP)
    drafts = watch.until_end()
    check_drafts(
        drafts,
        [
            "CREATE TABLE `child`", "TRIGGER `child_t`", "CREATE TABLE `parent`", "1 AS `id`", "EVENT `e`",
            "PROCEDURE `p`", "FUNCTION `f`", "DROP VIEW", "VIEW `v` AS select",
        ],
        ["DEFINER=", "INSERT INTO `child`"],
    )
    check_replays(server, drafts)


# --- secrets ---------------------------------------------------------------------------------------------------------

SECRET = "s3cret-Of_Nobody"
ACCOUNTS = [
    f"CREATE USER 'someone'@'%' IDENTIFIED BY '{SECRET}'",
    f"ALTER USER 'someone'@'%' IDENTIFIED BY '{SECRET}2'",
    f"SET PASSWORD FOR 'someone'@'%' = {{password}}",
    "GRANT SELECT ON bankroll.* TO 'someone'@'%'",
    f"/* a comment */ CREATE /*!50000 USER */ 'another'@'%' IDENTIFIED BY '{SECRET}'",
    f"CREATE TABLE beside_it (id INT); ALTER USER 'someone'@'%' IDENTIFIED BY '{SECRET}'",
    "DROP USER 'someone'@'%', 'another'@'%'",
]


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
def test_a_password_is_nowhere(kind, proxy, request, tmp_path):
    """Not in a draft, the journal, a log line, nor what the commands print; also not that of a failed statement."""
    from proxy import ddltap, init, make_repository

    server = request.getfixturevalue(kind)
    server.execute("DROP USER IF EXISTS 'someone'@'%', 'another'@'%'")
    server.fresh_database(DEVELOPMENT)
    repo = make_repository(tmp_path / "secrets")
    init(repo, server.url())
    with (repo / "ddltap" / "config.ini").open("a") as config:
        config.write("\n[proxy]\nlog_level = debug\n")
    through = proxy(server, repo=repo)
    watch = Watch(through)
    password = f"PASSWORD('{SECRET}')" if server.is_mariadb else f"'{SECRET}'"
    with contextlib.closing(through.connect()) as connection:
        for statement in ACCOUNTS:
            run_step(connection, statement.replace("{password}", password))
        run_step(connection, Fails(1396, f"ALTER USER 'nobody'@'%' IDENTIFIED BY '{SECRET}'"))
        run_step(connection, Fails(1064, f"CREATE USER 'nobody'@'%' IDENTIFED BY '{SECRET}'"))
    check_drafts(watch.until_end(), ["beside_it"], ["USER"])
    said = [ddltap(through.repo, *command.split()) for command in ("list", "list --json", "list --all", "show 2", "status")]
    through.stop()
    files = [path for path in through.repo.rglob("*") if path.is_file()]
    assert any(path.name.startswith("journal") for path in files)
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path
    for text in [through.said(), *through.errors, *through.output, *(done.stdout + done.stderr for done in said)]:
        assert SECRET not in text


# --- ends that are not seen ------------------------------------------------------------------------------------------


def slow_table(server, name):
    """A table whose ALTER waits, until release(), for another session."""
    server.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY)", DEVELOPMENT)
    holder = server.connect(database=DEVELOPMENT, autocommit=False)
    run_text(holder, f"SELECT * FROM {name}")
    return holder


def wait_until_running(server, piece, running=True, seconds=30, count=1, state=""):
    """Until so many sessions run a text that begins so, in a state that begins so."""
    query = f"SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '{piece}%' AND IFNULL(STATE, '') LIKE '{state}%'"
    deadline = time.monotonic() + seconds
    while (len(rows := server.execute(query)) >= count) != running:
        assert time.monotonic() < deadline, f"{piece}: {rows}"
        time.sleep(0.02)
    return rows


class Statement(threading.Thread):
    """A statement in a session of its own; error: what came of it."""

    def __init__(self, through, text):
        super().__init__(daemon=True)
        self.connection = through.connect()
        self.text = text
        self.error = None

    def run(self):
        try:
            run_text(self.connection, self.text)
        except (pymysql.MySQLError, OSError) as error:
            self.error = error


def kill_the_others(server, client):
    """All sessions but this client's: those of ddltap."""
    with contextlib.closing(server.connect()) as direct, direct.cursor() as cursor:
        cursor.execute(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'root' AND ID NOT IN (CONNECTION_ID(), %s)",
            client.thread_id(),
        )
        for (thread,) in cursor.fetchall():
            try:
                cursor.execute(f"KILL {thread}")
            except pymysql.MySQLError as error:
                assert error.args[0] == ER.NO_SUCH_THREAD, error  # one that was just leaving


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
def test_a_control_connection_that_was_just_killed_is_made_anew(kind, proxy, request):
    server = request.getfixturevalue(kind)
    prepare(server, DEVELOPMENT, [USERS])
    # Of a socket ddltap hears that the server is gone when it sends.
    through = proxy(server, url=f"mysql://root@localhost/{DEVELOPMENT}?unix_socket={server.socket}")
    watch = Watch(through)
    columns = ["first", "second", "third"]
    with contextlib.closing(through.connect()) as connection:
        for column in columns:
            kill_the_others(server, connection)
            run_text(connection, f"ALTER TABLE users ADD COLUMN {column} INT")
    check_drafts(watch.until_end(), columns, [])


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
def test_a_killed_statement_is_no_change(kind, proxies):
    server, through = proxies(kind)
    prepare(server, DEVELOPMENT, [])
    holder = slow_table(server, "held")
    watch = Watch(through)
    statement = Statement(through, "ALTER TABLE held ADD COLUMN killed INT")
    statement.start()
    wait_until_running(server, "ALTER TABLE held")
    through.execute(f"KILL QUERY {statement.connection.thread_id()}")
    statement.join(60)
    assert statement.error.args[0] == 1317, statement.error
    run_text(statement.connection, "SELECT 1")  # the session lives
    holder.close()
    statement.connection.close()
    check_drafts(watch.until_end(), [], [])


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
def test_a_change_whose_client_died_is_drafted_once_it_is_done(kind, proxies):
    server, through = proxies(kind)
    prepare(server, DEVELOPMENT, [])
    holder = slow_table(server, "held")
    watch = Watch(through)
    statement = Statement(through, "ALTER TABLE held ADD COLUMN orphan INT")
    statement.start()
    wait_until_running(server, "ALTER TABLE held")
    statement.connection._sock.shutdown(socket.SHUT_RDWR)
    statement.join(60)
    assert statement.error is not None
    time.sleep(0.5)
    assert watch.drafts() == []
    holder.close()
    drafts = watch.until("orphan", seconds=60)
    check_drafts(drafts, ["orphan"], [])
    check_replays(server, drafts, ["CREATE TABLE held (id INT PRIMARY KEY)"])


def test_a_statement_that_will_not_wait_does_not_wait_for_a_question(proxies):
    server, through = proxies("mariadb")
    prepare(server, DEVELOPMENT, [])
    maker = Statement(server, f"CREATE TABLE {DEVELOPMENT}.made AS SELECT SLEEP(60) AS a")
    maker.start()
    wait_until_running(server, maker.text, state="User sleep")  # and so has the lock
    watch = Watch(through)
    statement = Statement(through, "DROP TABLE made NOWAIT")
    statement.start()
    statement.join(50)
    server.execute(f"KILL QUERY {maker.connection.thread_id()}")
    maker.join(50)
    assert statement.error is not None and statement.error.args[0] == 1205, statement.error
    check_drafts(watch.until_end(), [], [])


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
@pytest.mark.parametrize(
    "begin, text, way_back",
    [
        ([], "CREATE TABLE IF NOT EXISTS twin (id INT PRIMARY KEY)", "DROP TABLE"),
        (["CREATE TABLE twin (id INT PRIMARY KEY, name TEXT)"], "DROP TABLE IF EXISTS twin", "`name` text"),
    ],
    ids=["create", "drop"],
)
def test_one_guarded_statement_of_many_sessions_is_one_change(kind, begin, text, way_back, proxies):
    server, through = proxies(kind)
    prepare(server, DEVELOPMENT, begin)
    watch = Watch(through)
    with contextlib.closing(server.connect()) as gate:
        run_text(gate, "FLUSH TABLES WITH READ LOCK")
        statements = [Statement(through, text) for _ in range(4)]
        for statement in statements:
            statement.start()
        wait_until_running(server, text, count=4)
        run_text(gate, "UNLOCK TABLES")
        for statement in statements:
            statement.join(60)
            assert statement.error is None, statement.error
            statement.connection.close()
    drafts = watch.until_end()
    check_drafts(drafts, ["twin"], [])
    assert way_back in drafts[0].down


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
def test_changes_of_many_sessions_at_once_are_each_drafted_once(kind, proxies):
    server, through = proxies(kind)
    sessions, each = 8, 25
    prepare(server, DEVELOPMENT, [f"CREATE TABLE t{number} (id INT PRIMARY KEY)" for number in range(sessions)])
    watch = Watch(through)
    errors = []

    def change(session):
        try:
            with contextlib.closing(through.connect()) as connection:
                for number in range(each):
                    run_text(connection, f"ALTER TABLE t{session} ADD COLUMN c{session}_{number} INT")
        except pymysql.MySQLError as error:
            errors.append(error)

    threads = [threading.Thread(target=change, args=(session,)) for session in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    assert errors == []
    drafts = watch.until_end(90)
    made = sorted(re.search(r"ADD COLUMN (\w+)", draft.up)[1] for draft in drafts)
    assert made == sorted(f"c{session}_{number}" for session in range(sessions) for number in range(each))
    prepare(server, PRODUCTION, [f"CREATE TABLE t{number} (id INT PRIMARY KEY)" for number in range(sessions)])
    run_directly(server, PRODUCTION, [draft.up for draft in drafts])
    assert_same(schema(server, PRODUCTION), schema(server, DEVELOPMENT), [])
    for draft in reversed(drafts[-20:]):
        replay(server, draft, draft.down)


# --- what the client sees --------------------------------------------------------------------------------------------

DIAGNOSTICS = [
    "CREATE TABLE seen (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT)",
    "SELECT ROW_COUNT(), @@warning_count, @@error_count",
    "INSERT INTO seen (a) VALUES (1), (2), (3)",
    "SELECT LAST_INSERT_ID()",
    "SELECT SQL_CALC_FOUND_ROWS * FROM seen LIMIT 1",
    "ALTER TABLE seen ADD COLUMN b INT",
    "SELECT FOUND_ROWS()",
    "SELECT LAST_INSERT_ID()",
    "UPDATE seen SET a = a + 1",
    "ALTER TABLE seen ADD COLUMN c INT, ADD COLUMN d TINYINT(4)",
    "SELECT ROW_COUNT()",
    "DROP TABLE IF EXISTS none_such",
    "SHOW WARNINGS",
    "CREATE TABLE IF NOT EXISTS seen (id INT)",
    "SHOW WARNINGS",
    "SHOW COUNT(*) WARNINGS",
    "ALTER TABLE seen ADD COLUMN b INT",
    "SHOW ERRORS",
    "SHOW WARNINGS",
    "GET DIAGNOSTICS CONDITION 1 @e = MYSQL_ERRNO, @m = MESSAGE_TEXT",
    "SELECT @e, @m",
    "SELECT CAST('x' AS SIGNED)",
    "ALTER TABLE seen DROP COLUMN b",
    "SHOW WARNINGS",
    "DELETE FROM seen WHERE a > 2",
    "CREATE TABLE copied AS SELECT * FROM seen",
    "SELECT ROW_COUNT()",
    "SELECT CAST('x' AS SIGNED)",
    "CREATE TABLE more (a INT) COMMENT = 'x'",
    "SHOW COUNT(*) WARNINGS",
    "SELECT LAST_INSERT_ID(77)",
    "ALTER TABLE more ADD COLUMN b INT",
    "SELECT LAST_INSERT_ID()",
    "ALTER TABLE more ADD COLUMN c INT; SELECT ROW_COUNT(); DROP TABLE IF EXISTS none_such; SHOW WARNINGS",
    "SELECT 1 UNION SELECT 2; ALTER TABLE more ADD COLUMN d INT; SELECT FOUND_ROWS()",
    "SELECT @@autocommit",
    "BEGIN",
    "INSERT INTO more (a) VALUES (1)",
    "ALTER TABLE seen ADD COLUMN e INT",
    "ROLLBACK",
    "SELECT COUNT(*) FROM more",
    "RENAME TABLE more TO less",
    "TRUNCATE TABLE less",
    "DROP TABLE less, copied, seen",
]


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
def test_what_a_client_is_told_is_as_without_the_proxy(kind, proxies):
    server, through = proxies(kind)
    server.fresh_database(DEVELOPMENT)
    direct = PyMySQL().run(Target(host=server.host, port=server.port), DIAGNOSTICS)
    server.fresh_database(DEVELOPMENT)
    watch = Watch(through)
    proxied = PyMySQL().run(target(through), DIAGNOSTICS)
    watch.until_end()  # or the next test takes the drafts for its own
    server.fresh_database(DEVELOPMENT)
    assert proxied == direct


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
def test_a_change_behind_16_mib_of_the_same_text_is_drafted(kind, proxies):
    server, through = proxies(kind)
    before = ["CREATE TABLE large (id INT PRIMARY KEY, b LONGTEXT)"]
    prepare(server, DEVELOPMENT, before)
    watch = Watch(through)
    value = "it''s; DROP TABLE large; \\\\" + "x;" * (9 << 20)
    text = f"INSERT INTO large VALUES (1, '{value}'); ALTER TABLE large ADD COLUMN behind INT; SELECT LENGTH(b) FROM large"
    assert len(text) > 17 << 20
    with contextlib.closing(through.connect(max_allowed_packet=64 << 20)) as connection:
        run_text(connection, text)
        (row,) = connection._result.rows
        assert int(row[0]) == len("it's; DROP TABLE large; \\") + 2 * (9 << 20)
    drafts = watch.until_end(90)
    check_drafts(drafts, ["ADD COLUMN behind"], ["INSERT", "DROP TABLE"])
    check_replays(server, drafts, before)


# Bytes that are no UTF-8, and a character that no name in a MariaDB may hold.
IMPOSSIBLE_NAMES = [b"good\xd0\xcc\xcf\xc8\xcf", "good\U0001f600".encode()]


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
@pytest.mark.parametrize("name", IMPOSSIBLE_NAMES)
def test_a_table_of_an_impossible_name_leaves_nothing_to_complain_of(kind, name, proxies):
    server, through = proxies(kind)
    server.fresh_database(DEVELOPMENT)
    complaints = len([line for line in through.errors if "control connection" in line])
    with contextlib.closing(through.connect()) as connection:
        for text in (b"CREATE TABLE `" + name + b"` (a INT)", b"DROP TABLE `" + name + b"`"):
            with contextlib.suppress(pymysql.err.MySQLError):
                connection._execute_command(COMMAND.COM_QUERY, text)
                connection._read_query_result()
    assert len([line for line in through.errors if "control connection" in line]) == complaints, through.said()
