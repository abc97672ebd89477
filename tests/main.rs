//! Behaviour, through the public interface. One binary, so that it links once.

mod adapt;
mod bad_input;
mod channels;
mod check;
mod commands;
mod deliver;
mod doctor;
mod facts;
mod feeds;
mod handbook;
mod identity;
mod ledger;
mod mailbox;
mod notice;
mod peers;
mod plan;
mod reading;
mod reference;
mod renditions;
mod secrets;
mod serve;
mod simulation;
mod stand_ins;
mod story;
mod support;
mod web;
