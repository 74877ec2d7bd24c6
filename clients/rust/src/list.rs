//! Lists by page and by cursor.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
    time::SystemTime,
    vec,
};

use futures_core::Stream;
use prost_types::Timestamp;
use tonic::{Code, Extensions, Request, Response, Status, metadata::MetadataMap};

use crate::{Client, Error, error::Failure, generated::rules};

pub(crate) type Answer<A> = Pin<Box<dyn Future<Output = Result<Response<A>, Status>> + Send>>;

/// A request of an RPC that lists: those of the 19 lists of the contract.
pub trait ListRequest: Clone + Send + Unpin + sealed::Sealed + 'static {
    /// What is listed.
    type Item: Send + Unpin;
    #[doc(hidden)]
    type Answer;

    #[doc(hidden)]
    fn fetch(client: &Client, request: Request<Self>) -> Answer<Self::Answer>;
    #[doc(hidden)]
    fn begin(&mut self, now: Timestamp) -> Place;
    /// The objects of a part, and whether the list may go on behind them.
    #[doc(hidden)]
    fn advance(
        &mut self,
        place: &mut Place,
        answer: Self::Answer,
    ) -> Result<(Vec<Self::Item>, bool), Error>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// Where in a list by page a request is.
#[doc(hidden)]
#[derive(Debug)]
pub struct Place {
    pub(crate) number: i64,
    pub(crate) size: i64,
}

impl Place {
    /// The number of the next page; none at the end.
    pub(crate) fn next_page(
        &mut self,
        items: usize,
        total: i64,
        instead: &str,
    ) -> Result<Option<i32>, Error> {
        let (items, reach) = (items as i64, rules::MAX_REACH as i64);
        let seen = self.number * self.size + items;
        if items < self.size {
            if items > 0 && seen < total {
                return Err(local(
                    Code::Internal,
                    format!(
                        "page {} has {items} of {} objects, and {} are said to follow: is the size too large?",
                        self.number,
                        self.size,
                        total - seen,
                    ),
                ));
            }
            return Ok(None);
        }
        if (self.number + 2) * self.size > reach {
            return if seen == total { Ok(None) } else { Err(too_deep(seen, instead)) };
        }
        self.number += 1;
        Ok(i32::try_from(self.number).ok())
    }
}

fn local(code: Code, message: String) -> Error {
    Failure::local(code, message).into()
}

fn too_deep(seen: i64, instead: &str) -> Error {
    let reach = rules::MAX_REACH;
    let mut text = format!(
        "PortOne gives no more than {reach} objects by page, {seen} have been read: narrow the filter"
    );
    if !instead.is_empty() {
        text += &format!("; {instead} has no limit");
    }
    Error::TooDeep(Box::new(Failure::local(Code::OutOfRange, text)))
}

/// The cursor behind the last object; none at the end.
pub(crate) fn next_cursor(
    now: Option<&str>,
    last: Option<Option<&str>>,
) -> Result<Option<String>, Error> {
    match last {
        None => Ok(None),
        Some(Some(next)) if !next.is_empty() && now != Some(next) => Ok(Some(next.to_owned())),
        Some(_) => Err(local(
            Code::Internal,
            "the cursor does not move: the list would have no end".to_owned(),
        )),
    }
}

/// A list of any length: [`List::next`], or a [`Stream`]. A part is fetched when the one
/// before is used up. After an error there is nothing more.
#[must_use = "nothing is fetched until the list is asked for its objects"]
pub struct List<R: ListRequest> {
    client: Client,
    metadata: MetadataMap,
    extensions: Extensions,
    request: R,
    place: Place,
    items: vec::IntoIter<R::Item>,
    part: Option<Answer<R::Answer>>,
    more: bool,
}

impl<R: ListRequest> fmt::Debug for List<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("place", &self.place).finish_non_exhaustive()
    }
}

impl<R: ListRequest> List<R> {
    pub(crate) fn new(client: Client, request: Request<R>) -> Self {
        let (metadata, extensions, mut request) = request.into_parts();
        let place = request.begin(Timestamp::from(SystemTime::now()));
        let items = Vec::new().into_iter();
        Self { client, metadata, extensions, request, place, items, part: None, more: true }
    }

    /// The next object; none at the end.
    pub async fn next(&mut self) -> Option<Result<R::Item, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All that is left. Mind how much that can be.
    pub async fn collect(mut self) -> Result<Vec<R::Item>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    fn fetch(&self) -> Answer<R::Answer> {
        let (metadata, extensions) = (self.metadata.clone(), self.extensions.clone());
        R::fetch(&self.client, Request::from_parts(metadata, extensions, self.request.clone()))
    }

    fn take(&mut self, answer: Result<Response<R::Answer>, Status>) -> Result<(), Error> {
        let answer = answer?.into_inner();
        let (items, more) = self.request.advance(&mut self.place, answer)?;
        (self.items, self.more) = (items.into_iter(), more);
        Ok(())
    }
}

impl<R: ListRequest> Stream for List<R> {
    type Item = Result<R::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let list = &mut *self;
        loop {
            if let Some(item) = list.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            if !list.more {
                return Poll::Ready(None);
            }
            if list.place.size < 1 {
                list.more = false;
                let text = format!("a page has at least 1 object, not {}", list.place.size);
                return Poll::Ready(Some(Err(local(Code::InvalidArgument, text))));
            }
            let mut part = list.part.take().unwrap_or_else(|| list.fetch());
            let Poll::Ready(answer) = part.as_mut().poll(cx) else {
                list.part = Some(part);
                return Poll::Pending;
            };
            if let Err(error) = list.take(answer) {
                list.more = false;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

/// A field by its path.
macro_rules! field {
    ($request:expr, [$name:ident]) => {
        $request.$name
    };
    ($request:expr, [$parent:ident $name:ident]) => {
        $request.$parent.get_or_insert_with(Default::default).$name
    };
}

/// Sets the size and the end of the time where they are not.
macro_rules! defaults {
    ($request:expr, $now:expr, $size:tt, None) => {
        i64::from(*field!($request, $size).get_or_insert(rules::DEFAULT_SIZE as i32))
    };
    ($request:expr, $now:expr, $size:tt, Some($until:tt)) => {{
        field!($request, $until).get_or_insert($now);
        defaults!($request, $now, $size, None)
    }};
}

/// What both kinds of lists have.
macro_rules! list_items {
    ($service:ident.$method:ident -> $answer:ident, $item:ident) => {
        type Item = v2::$item;
        type Answer = v2::$answer;

        fn fetch(client: &Client, request: Request<Self>) -> Answer<Self::Answer> {
            let mut stub = client.$service();
            Box::pin(async move { stub.$method(request).await })
        }
    };
}

macro_rules! by_page {
    ($service:ident.$method:ident($request:ident) -> $answer:ident { $items:ident: $item:ident }
     $number:tt size $size:tt until $until:ident $(($path:tt))? instead $instead:literal) => {
        impl sealed::Sealed for v2::$request {}

        impl ListRequest for v2::$request {
            list_items!($service.$method -> $answer, $item);

            #[allow(unused_variables)]
            fn begin(&mut self, now: Timestamp) -> Place {
                let size = defaults!(self, now, $size, $until $(($path))?);
                Place { number: field!(self, $number).unwrap_or(0).into(), size }
            }

            fn advance(
                &mut self,
                place: &mut Place,
                answer: Self::Answer,
            ) -> Result<(Vec<Self::Item>, bool), Error> {
                let total = answer.page.and_then(|page| page.total_count).unwrap_or(0);
                let next = place.next_page(answer.$items.len(), total.into(), $instead)?;
                if next.is_some() {
                    field!(self, $number) = next;
                }
                Ok((answer.$items, next.is_some()))
            }
        }
    };
}

macro_rules! by_cursor {
    ($service:ident.$method:ident($request:ident) -> $answer:ident { $items:ident: $item:ident }
     $cursor:tt size $size:tt until $until:ident $(($path:tt))? instead $instead:literal) => {
        impl sealed::Sealed for v2::$request {}

        impl ListRequest for v2::$request {
            list_items!($service.$method -> $answer, $item);

            #[allow(unused_variables)]
            fn begin(&mut self, now: Timestamp) -> Place {
                Place { number: 0, size: defaults!(self, now, $size, $until $(($path))?) }
            }

            fn advance(
                &mut self,
                _: &mut Place,
                answer: Self::Answer,
            ) -> Result<(Vec<Self::Item>, bool), Error> {
                let last = answer.$items.last().map(|item| item.cursor.as_deref());
                let next = next_cursor(field!(self, $cursor).as_deref(), last)?;
                let more = next.is_some();
                if more {
                    field!(self, $cursor) = next;
                }
                Ok((answer.$items, more))
            }
        }
    };
}

pub(crate) use {by_cursor, by_page, defaults, field, list_items};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Retry, v2};

    #[test]
    fn pages_end_or_go_on_or_fail() {
        for (name, number, size, items, total, want) in [
            ("a full page", 0, 100, 100, 300, Ok(Some(1))),
            ("a full page without a total", 0, 100, 100, 0, Ok(Some(1))),
            ("the last page", 2, 100, 30, 230, Ok(None)),
            ("an empty page", 3, 100, 0, 300, Ok(None)),
            ("an empty page, and more are said to be", 3, 100, 0, 900, Ok(None)),
            ("a short page before the end", 0, 1000, 500, 900, Err(Code::Internal)),
            ("up to the limit", 598, 100, 100, 60_000, Ok(Some(599))),
            ("beyond the limit", 599, 100, 100, 60_001, Err(Code::OutOfRange)),
            ("as many as the limit", 599, 100, 100, 60_000, Ok(None)),
            ("beyond the limit, odd size", 6, 7000, 7000, 70_000, Ok(Some(7))),
            ("beyond the limit with the next", 7, 7000, 7000, 70_000, Err(Code::OutOfRange)),
        ] {
            let next = Place { number, size }.next_page(items, total, "GetAll");
            if let Err(error) = &next {
                assert_eq!(error.retry, Retry::Never, "{name}");
                assert!(!error.outcome_unknown, "{name}");
                let deep =
                    matches!(error, Error::TooDeep(f) if f.message.contains("GetAll has no"));
                assert_eq!(deep, error.code == Code::OutOfRange, "{name}: {error}");
            }
            assert_eq!(next.map_err(|e| e.code), want, "{name}");
        }
    }

    #[test]
    fn cursors_move_or_end() {
        let next = |now, last| next_cursor(now, last).map_err(|e| e.code);
        assert_eq!(next(None, None), Ok(None));
        assert_eq!(next(None, Some(Some("a"))), Ok(Some("a".into())));
        assert_eq!(next(Some("a"), Some(Some("b"))), Ok(Some("b".into())));
        for still in [Some(Some("a")), Some(Some("")), Some(None)] {
            assert_eq!(next(Some("a"), still), Err(Code::Internal));
        }
    }

    #[tokio::test]
    async fn a_page_without_size_is_an_error_and_the_end() {
        let client = Client::new("127.0.0.1:1").expect("a client");
        let page = v2::PageInput { size: Some(0), ..Default::default() };
        let request = v2::GetPaymentsRequest { page: Some(page), ..Default::default() };
        let mut list = client.list(request);
        let error = list.next().await.expect("an error").expect_err("an error");
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(list.next().await.is_none());
    }

    #[test]
    fn the_end_of_the_time_is_set_once() {
        let now = Timestamp { seconds: 7, nanos: 0 };
        let mut request = v2::GetPaymentsRequest::default();
        assert_eq!(request.begin(now).size, 100);
        let until =
            |request: &v2::GetPaymentsRequest| request.filter.as_ref().and_then(|f| f.until);
        assert_eq!(until(&request), Some(now));
        request.begin(Timestamp { seconds: 8, nanos: 0 });
        assert_eq!(until(&request), Some(now));
    }
}
