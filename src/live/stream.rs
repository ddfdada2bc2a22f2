//! `GET /-/live?projects=a,b`: the stream itself, as server-sent events.
//!
//! `event: hello` comes at once, so that a page knows that nothing between holds the stream back; a beat every 15 seconds
//! keeps it open and tells a page that it still is. `ago` are the milliseconds for which the page has heard nothing: what
//! was told in that time comes first. `name` and `instead` are explained in `places`.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::stream::{Event, EventStream, stream};
use rocket::response::{self, Responder};
use rocket::tokio::sync::broadcast::Receiver;
use rocket::tokio::sync::broadcast::error::{RecvError, TryRecvError};
use rocket::tokio::task::spawn_blocking;
use rocket::tokio::time::{MissedTickBehavior, interval, sleep};
use rocket::tokio::{pin, select};
use rocket::{Route, Shutdown, State, get, routes};

use super::places::{Listener, Place, Places};
use super::visible::{Listening, Message};
use crate::base::error::{Error, Result};
use crate::base::news::{Notice, Subscription};
use crate::web::{Answer, Desk, Visit};

const BEAT: Duration = Duration::from_secs(15);
/// What happens within this time is told together.
const BURST: Duration = Duration::from_millis(200);
/// A browser that is cut off tries again after so long.
const RETRY: Duration = Duration::from_secs(5);
const MOST_PROJECTS: usize = 16;

pub(super) fn routes() -> Vec<Route> {
    routes![live]
}

type Events = rocket::futures::stream::BoxStream<'static, Event>;

enum Reply {
    Stream(Events),
    /// Boxed: it is much larger.
    Refusal(Box<Answer>),
}

impl<'r> Responder<'r, 'r> for Reply {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let events = match self {
            Self::Stream(events) => events,
            Self::Refusal(answer) => return answer.respond_to(request),
        };
        let mut response = EventStream::from(events).heartbeat(None).respond_to(request)?;
        response.set_raw_header("Cache-Control", "no-store");
        response.set_raw_header("X-Accel-Buffering", "no");
        Ok(response)
    }
}

#[get("/-/live")]
async fn live(visit: Visit, places: &State<Arc<Places>>, shutdown: Shutdown) -> Reply {
    let (sender, admitted) = std::sync::mpsc::channel();
    let places = Arc::clone(places);
    let answer = visit
        .answer(move |desk| {
            let Some(opened) = open(desk, &places)? else {
                return Ok(Answer::new(Status::NoContent, ContentType::Plain, Vec::new()));
            };
            let Some(opened) = opened else {
                return Ok(full());
            };
            let _ = sender.send(opened);
            Ok(Answer::text(String::new()))
        })
        .await;
    // The place among the requests is free again: a stream waits for hours.
    match admitted.try_recv() {
        Ok(opened) => Reply::Stream(Box::pin(opened.events(shutdown))),
        Err(_) => Reply::Refusal(Box::new(answer)),
    }
}

fn full() -> Answer {
    Answer::new(
        Status::ServiceUnavailable,
        ContentType::Plain,
        b"There are too many open pages that wait for news. Everything else works as ever.\n".to_vec(),
    )
    .header("Retry-After", "120")
}

struct Opened {
    listening: Arc<Listening>,
    place: Place,
    news: Subscription,
}

/// None: there is nothing to listen to; within it none: there is no place.
fn open(desk: &Desk, places: &Arc<Places>) -> Result<Option<Option<Opened>>> {
    if desk.visit.is_foreign() {
        return Err(Error::invalid("", "Only pages of this site can listen to what happens here."));
    }
    let projects = asked_projects(desk);
    if projects.is_empty() {
        return Ok(None);
    }
    let name = desk.visit.value("name").unwrap_or_default();
    let instead = desk.visit.value("instead").filter(|name| !name.is_empty());
    let session = desk.visit.session.clone().filter(|_| desk.account.is_some());
    let listener = Listener::of(session.as_deref(), &desk.visit.network);
    let Some(place) = places.take(listener, &crate::web::form::shortened(&name), instead.as_deref()) else {
        return Ok(Some(None));
    };
    let ago = desk.visit.value("ago").and_then(|ago| ago.parse().ok()).unwrap_or(0);
    let listening = Listening { site: Arc::clone(desk.site()), session, projects };
    let news = desk.site().news().listen(Duration::from_millis(ago));
    Ok(Some(Some(Opened { listening: Arc::new(listening), place, news })))
}

/// Whether they exist, and for whom, is found out when there is something to tell.
fn asked_projects(desk: &Desk) -> Vec<String> {
    let asked = desk.visit.value("projects").unwrap_or_default();
    let mut projects: Vec<String> =
        asked.split(',').filter(|name| !name.is_empty() && name.len() < 40).map(str::to_owned).collect();
    projects.sort();
    projects.dedup();
    projects.truncate(MOST_PROJECTS);
    projects
}

/// Why a stream stirs.
enum Stir {
    Told(Arc<Notice>),
    Lagged,
    Beat,
    End,
}

impl Opened {
    fn events(self, shutdown: Shutdown) -> impl rocket::futures::Stream<Item = Event> + Send {
        let Self { listening, place, news: Subscription { mut receiver, missed, complete } } = self;
        stream! {
            yield Event::data("").event("hello").with_retry(RETRY);
            let mut beat = interval(BEAT);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            beat.reset();
            let end = async {
                select! {
                    () = place.over.notified() => {}
                    _ = shutdown => {}
                }
            };
            pin!(end);
            let mut lagged = !complete;
            let mut notices = missed;
            loop {
                while notices.is_empty() && !lagged {
                    let stir = select! {
                        told = receiver.recv() => stirred(told),
                        _ = beat.tick() => Stir::Beat,
                        () = &mut end => Stir::End,
                    };
                    match stir {
                        Stir::Told(notice) => notices.push(notice),
                        Stir::Lagged => lagged = true,
                        Stir::Beat => yield Event::data("").event("beat").with_comment("still here"),
                        Stir::End => return,
                    }
                }
                if ends_within(BURST, &mut end).await {
                    return;
                }
                lagged |= take_all(&mut receiver, &mut notices);
                let Some(messages) = look(&place, &listening, std::mem::take(&mut notices), lagged).await else { return };
                lagged = false;
                for message in messages {
                    yield Event::data(message);
                }
            }
        }
    }
}

fn stirred(told: std::result::Result<Arc<Notice>, RecvError>) -> Stir {
    match told {
        Ok(notice) => Stir::Told(notice),
        Err(RecvError::Lagged(_)) => Stir::Lagged,
        Err(RecvError::Closed) => Stir::End,
    }
}

/// Takes what else has been told. True if some of it was lost.
fn take_all(receiver: &mut Receiver<Arc<Notice>>, notices: &mut Vec<Arc<Notice>>) -> bool {
    let mut lost = false;
    loop {
        match receiver.try_recv() {
            Ok(notice) => notices.push(notice),
            Err(TryRecvError::Lagged(_)) => lost = true,
            Err(TryRecvError::Empty | TryRecvError::Closed) => return lost,
        }
    }
}

async fn ends_within(time: Duration, mut end: impl Future<Output = ()> + Unpin) -> bool {
    select! {
        () = &mut end => true,
        () = sleep(time) => false,
    }
}

/// The messages for this listener as JSON; none if the stream is over.
async fn look(
    place: &Place,
    listening: &Arc<Listening>,
    notices: Vec<Arc<Notice>>,
    lagged: bool,
) -> Option<Vec<String>> {
    let _turn = place.turn_to_look().await?;
    let listening = Arc::clone(listening);
    let looked = spawn_blocking(move || -> Result<Option<Vec<String>>> {
        let Some(mut messages) = listening.messages(&notices)? else { return Ok(None) };
        if lagged {
            messages = listening.projects.iter().map(|project| Message::missed(project)).collect();
        }
        let texts = messages.iter().map(serde_json::to_string).collect::<std::result::Result<_, _>>()?;
        Ok(Some(texts))
    });
    match looked.await {
        Ok(Ok(messages)) => messages,
        Ok(Err(error)) => {
            log::warn!("a stream of news ends: {error}");
            None
        }
        Err(_) => None,
    }
}
