//! The workflow language: the six definitions that are shipped as tables, what operations do, and hostile texts.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use trackway::ticket::workflow::{
    Category, Choices, Effect, Inputs, Offer, Operation, Situation, Workflow, basic, compiled, shipped,
};

use crate::support::cpu_time;

/// Somebody in front of a ticket, as the tests need them: sam looks at a ticket of kim.
struct Scene {
    status: Option<&'static str>,
    owner: &'static str,
    resolution: &'static str,
    default_owner: &'static str,
    viewer: &'static str,
    permissions: &'static [&'static str],
    restrict_owner: bool,
    resolutions: Vec<String>,
    default_resolution: &'static str,
    /// Fields that have a value; `milestone`, `component` and `duplicate_of` are there.
    filled: &'static [&'static str],
    waits_for: &'static [i64],
}

const MAKER: &[&str] = &["TICKET_CREATE", "TICKET_MODIFY"];

fn scene(status: &'static str) -> Scene {
    Scene {
        status: Some(status),
        owner: "kim",
        resolution: "",
        default_owner: "",
        viewer: "sam",
        permissions: MAKER,
        restrict_owner: false,
        resolutions: ["fixed", "invalid", "wontfix", "duplicate"].map(str::to_owned).to_vec(),
        default_resolution: "fixed",
        filled: &[],
        waits_for: &[],
    }
}

fn new_ticket() -> Scene {
    Scene { status: None, owner: "", ..scene("") }
}

impl Scene {
    fn look<T>(&self, at: impl FnOnce(&Situation<'_>) -> T) -> T {
        let may = |permission: &str| self.permissions.contains(&permission);
        let known_people = || ["ada", "kim", "sam", "tom"].map(str::to_owned).to_vec();
        let in_group = |name: &str| match name {
            "devs" => Some(vec!["tom".to_owned(), "ada".to_owned()]),
            "nobody" => Some(Vec::new()),
            "TICKET_MODIFY" => Some(vec!["sam".to_owned(), "ada".to_owned()]),
            _ => None,
        };
        at(&Situation {
            status: self.status,
            owner: self.owner,
            resolution: self.resolution,
            default_owner: self.default_owner,
            viewer_login: self.viewer,
            may: &may,
            restrict_owner: self.restrict_owner,
            resolutions: &self.resolutions,
            default_resolution: self.default_resolution,
            known_people: &known_people,
            in_group: &in_group,
            has: &|name| {
                let known = ["owner", "milestone", "component", "duplicate_of"].contains(&name);
                known.then(|| self.filled.contains(&name))
            },
            open_dependencies: &|| self.waits_for.to_vec(),
        })
    }

    fn offers(&self, workflow: &Workflow) -> Vec<Offer> {
        self.look(|situation| workflow.offer(situation))
    }

    fn offer(&self, workflow: &Workflow, action: &str) -> Option<Offer> {
        self.offers(workflow).into_iter().find(|offer| offer.name == action)
    }

    fn names(&self, workflow: &Workflow) -> Vec<String> {
        self.offers(workflow).into_iter().map(|offer| offer.name).collect()
    }

    fn apply(&self, workflow: &Workflow, action: &str, inputs: Inputs<'_>) -> Result<Effect, String> {
        self.look(|situation| workflow.apply(situation, action, &inputs)).map_err(|problems| {
            problems
                .iter()
                .map(|problem| format!("{}: {}", problem.field, problem.message))
                .collect::<Vec<_>>()
                .join("; ")
        })
    }
}

/// A definition that must be understood whole.
fn workflow(text: &str) -> Workflow {
    let (workflow, warnings) = Workflow::parse(text);
    assert_eq!(warnings, [], "{text}");
    workflow
}

fn definition(name: &str) -> Workflow {
    workflow(shipped().iter().find(|(shipped, ..)| *shipped == name).unwrap().2)
}

fn warnings(text: &str) -> Vec<String> {
    Workflow::parse(text).1.iter().map(|warning| format!("{}: {}", warning.line, warning.message)).collect()
}

fn changed(status: Option<&str>, owner: Option<&str>, resolution: Option<&str>) -> Effect {
    let owned = |value: Option<&str>| value.map(str::to_owned);
    Effect { status: owned(status), owner: owned(owner), resolution: owned(resolution), duplicate_of: None }
}

fn with_owner(owner: &str) -> Inputs<'_> {
    Inputs { owner: Some(owner), ..Inputs::default() }
}

fn with_resolution(resolution: &str) -> Inputs<'_> {
    Inputs { resolution: Some(resolution), ..Inputs::default() }
}

// --- The shipped definitions ---

const ROLES: [(&str, &[&str]); 4] = [
    ("anonymous", &[]),
    ("creator", &["TICKET_CREATE"]),
    ("modifier", &["TICKET_CREATE", "TICKET_MODIFY"]),
    ("admin", &["TICKET_CREATE", "TICKET_MODIFY", "TICKET_ADMIN"]),
];

/// Each state and its category, and what each role is offered there, in order, with the next state where it is another.
/// A role that is offered what the one before it is has no line. `gone` is a state that is not defined.
fn table(workflow: &Workflow) -> String {
    let mut text = String::from("\n");
    let states = workflow.states().iter().map(|state| (Some(state.name.as_str()), state.category.name()));
    for (status, category) in [(None, "a new ticket")].into_iter().chain(states).chain([(Some("gone"), "undefined")]) {
        writeln!(text, "{} ({category})", status.unwrap_or("<none>")).unwrap();
        let mut before = String::new();
        for (role, permissions) in ROLES {
            let scene = Scene { permissions, ..scene("") };
            let offers = scene.look(|situation| workflow.offer(&Situation { status, ..*situation }));
            let shown = offers.iter().map(|offer| match &offer.next {
                Some(next) => format!("{}→{next}", offer.name),
                None => offer.name.clone(),
            });
            let shown = shown.collect::<Vec<_>>().join("  ");
            if shown != before {
                writeln!(text, "    {role:9} {shown}").unwrap();
            }
            before = shown;
        }
    }
    text
}

#[test]
fn the_basic_workflow_is_that_of_a_fresh_trac() {
    assert_eq!(
        table(&definition("basic")),
        "
<none> (a new ticket)
    anonymous create→new
    modifier  create→new  create_and_assign→assigned
new (open)
    anonymous leave
    modifier  leave  resolve→closed  reassign→assigned  accept→accepted
assigned (open)
    anonymous leave
    modifier  leave  resolve→closed  reassign  accept→accepted
accepted (open)
    anonymous leave
    modifier  leave  resolve→closed  reassign→assigned  accept
reopened (open)
    anonymous leave
    modifier  leave  resolve→closed  reassign→assigned  accept→accepted
closed (closed)
    anonymous leave
    creator   leave  reopen→reopened
gone (undefined)
    anonymous leave
    admin     leave  _reset→new
"
    );
}

#[test]
fn the_original_workflow_is_that_of_old_times() {
    assert_eq!(
        table(&definition("original")),
        "
<none> (a new ticket)
    anonymous create→new
    modifier  create→new  create_and_assign→assigned
new (open)
    anonymous leave
    modifier  leave  resolve→closed  reassign  accept→assigned
assigned (open)
    anonymous leave
    modifier  leave  resolve→closed  reassign→new
reopened (open)
    anonymous leave
    modifier  leave  resolve→closed  reassign→new
closed (closed)
    anonymous leave
    creator   leave  reopen→reopened
gone (undefined)
    anonymous leave
    admin     leave  _reset→new
"
    );
}

#[test]
fn the_simple_workflow_has_three_states() {
    assert_eq!(
        table(&definition("simple")),
        "
<none> (a new ticket)
    anonymous create→new
new (open)
    anonymous leave
    modifier  leave  resolve_new→closed  accept→accepted
accepted (open)
    anonymous leave
    modifier  leave  unaccept→new  resolve_accepted→closed  accept
closed (closed)
    anonymous leave
    creator   leave  reopen→new
gone (undefined)
    anonymous leave
    admin     leave  _reset→new
"
    );
}

#[test]
fn the_trivial_workflow_has_two_states() {
    assert_eq!(
        table(&definition("trivial")),
        "
<none> (a new ticket)
    anonymous create→new
new (open)
    anonymous leave
    modifier  leave  resolve→closed
closed (closed)
    anonymous leave
    creator   leave  reopen→new
gone (undefined)
    anonymous leave
    admin     leave  _reset→new
"
    );
}

#[test]
fn the_enterprise_workflow_tests_before_it_closes() {
    assert_eq!(
        table(&definition("enterprise")),
        "
<none> (a new ticket)
    anonymous create→new
    modifier  create→new  create_and_assign→assigned
new (open)
    anonymous leave
    modifier  leave  test→in_QA  request_info_new→infoneeded_new  assign→assigned
assigned (open)
    anonymous leave
    modifier  leave  unassign→new  test→in_QA  start→in_work  request_info→infoneeded  reassign
in_work (open)
    anonymous leave
    modifier  leave  unassign→new  test→in_QA  stop→assigned  request_info→infoneeded  reassign→assigned
in_QA (open)
    anonymous leave
    modifier  leave  resolve→closed  request_info→infoneeded  fail→assigned
infoneeded (waiting)
    anonymous leave
    modifier  provide_info→assigned  leave
infoneeded_new (waiting)
    anonymous leave
    modifier  provide_info_new→new  leave
closed (closed)
    anonymous leave
    creator   leave  reopen→new
    modifier  leave  reopen→new  reassign_closed
gone (undefined)
    anonymous leave
    admin     leave  _reset→new
"
    );
}

#[test]
fn the_open_source_workflow_asks_back() {
    assert_eq!(
        table(&definition("opensource")),
        "
<none> (a new ticket)
    anonymous create→new
new (open)
    anonymous leave
    modifier  leave  resolve→closed  request_info_new→infoneeded_new  assign→assigned  accept→accepted
assigned (open)
    anonymous leave
    modifier  leave  unassign→new  start→started  resolve→closed  request_info→infoneeded  reassign  accept→accepted
accepted (open)
    anonymous leave
    modifier  leave  unassign→new  start→started  resolve→closed  request_info→infoneeded  reassign→assigned  accept
started (open)
    anonymous leave
    modifier  leave  unassign→new  stop→assigned  resolve→closed  request_info→infoneeded  reassign→assigned  accept→accepted
infoneeded (waiting)
    anonymous leave
    modifier  provide_info→assigned  leave
infoneeded_new (waiting)
    anonymous leave
    modifier  provide_info_new→new  leave
closed (closed)
    anonymous leave
    creator   leave  reopen→new
    modifier  leave  reopen→new  change_owner
gone (undefined)
    anonymous leave
    admin     leave  _reset→new
"
    );
}

#[test]
fn the_life_cycle_of_request_tracker_knows_whose_a_ticket_is() {
    assert_eq!(
        table(&definition("rt")),
        "
<none> (a new ticket)
    anonymous create→new
    modifier  create→new  create_open→open
new (open)
    anonymous leave
    modifier  leave  steal  stall→stalled  resolve→resolved  reject→rejected  open→open
    admin     leave  steal  stall→stalled  resolve→resolved  reject→rejected  reassign  open→open
open (open)
    anonymous leave
    modifier  leave  steal  stall→stalled  resolve→resolved  reject→rejected
    admin     leave  steal  stall→stalled  resolve→resolved  reject→rejected  reassign
stalled (waiting)
    anonymous leave
    modifier  leave  steal  resolve→resolved  reject→rejected  open→open
    admin     leave  steal  resolve→resolved  reject→rejected  reassign  open→open
resolved (closed)
    anonymous leave
    creator   leave  reopen→open
rejected (closed)
    anonymous leave
    creator   leave  reopen→open
gone (undefined)
    anonymous leave
    admin     leave  _reset→new
"
    );
}

#[test]
fn the_classroom_workflow_is_a_board() {
    assert_eq!(
        table(&definition("classroom")),
        "
<none> (a new ticket)
    anonymous create→todo
todo (open)
    anonymous leave
    modifier  leave  start→doing  resolve→done  give
doing (open)
    anonymous leave
    modifier  leave  stop→todo  review→review  resolve→done  give
review (open)
    anonymous leave
    modifier  leave  return→doing  resolve→done  give
done (closed)
    anonymous leave
    modifier  leave  reopen→todo
gone (undefined)
    anonymous leave
    admin     leave  _reset→todo
"
    );
}

#[test]
fn the_basic_workflow_says_what_will_happen() {
    let hints = |scene: Scene| {
        let offers = scene.offers(basic());
        offers.iter().map(|offer| format!("{}: {}", offer.label, offer.hint)).collect::<Vec<_>>()
    };
    assert_eq!(
        hints(scene("new")),
        [
            "leave: The owner will remain kim.",
            "resolve: Next status will be 'closed'. The resolution will be set.",
            "reassign: Next status will be 'assigned'. The owner will be changed from kim to the specified user.",
            "accept: Next status will be 'accepted'. The owner will be changed from kim to sam.",
        ]
    );
    assert_eq!(
        hints(Scene { owner: "", resolution: "fixed", ..scene("closed") }),
        [
            "leave: The ticket will remain without an owner.",
            "reopen: Next status will be 'reopened'. The resolution will be removed.",
        ]
    );
    assert_eq!(
        hints(new_ticket()),
        [
            "create: The status will be 'new'.",
            "assign: The status will be 'assigned'. The owner will be the specified user.",
        ]
    );
    assert_eq!(
        hints(Scene { owner: "sam", permissions: &["TICKET_ADMIN"], ..scene("gone") }),
        [
            "leave: The owner will remain sam.",
            "reset: The current status is not defined any more. Next status will be 'new'.",
        ]
    );
}

// --- What operations do ---

#[test]
fn the_actions_of_the_basic_workflow_change_what_they_say() {
    let done = |scene: Scene, action: &str, inputs| scene.apply(basic(), action, inputs).unwrap();
    let nothing = Inputs::default();
    assert_eq!(done(new_ticket(), "create", nothing), changed(Some("new"), None, None));
    assert_eq!(
        done(new_ticket(), "create_and_assign", with_owner("tom")),
        changed(Some("assigned"), Some("tom"), None)
    );
    assert_eq!(
        done(Scene { default_owner: "<default>", ..new_ticket() }, "create_and_assign", nothing),
        changed(Some("assigned"), Some("<default>"), None)
    );
    assert_eq!(done(scene("new"), "leave", nothing), changed(None, None, None));
    assert_eq!(done(scene("new"), "accept", nothing), changed(Some("accepted"), Some("sam"), None));
    assert_eq!(done(Scene { owner: "sam", ..scene("new") }, "accept", nothing), changed(Some("accepted"), None, None));
    assert_eq!(done(scene("new"), "reassign", nothing), changed(Some("assigned"), Some("sam"), None));
    assert_eq!(done(scene("assigned"), "reassign", with_owner(" tom ")), changed(None, Some("tom"), None));
    assert_eq!(done(scene("assigned"), "reassign", with_owner("")), changed(None, Some(""), None));
    assert_eq!(done(scene("accepted"), "resolve", nothing), changed(Some("closed"), None, Some("fixed")));
    assert_eq!(
        done(scene("accepted"), "resolve", with_resolution("wontfix")),
        changed(Some("closed"), None, Some("wontfix"))
    );
    assert_eq!(
        done(Scene { resolution: "fixed", ..scene("closed") }, "reopen", nothing),
        changed(Some("reopened"), None, Some(""))
    );
    let admin = Scene { permissions: &["TICKET_ADMIN"], ..scene("gone") };
    assert_eq!(done(admin, "_reset", nothing), changed(Some("new"), None, None));
}

#[test]
fn an_owner_can_be_kept_or_taken_away() {
    let workflow = workflow(
        "create = <none> -> new\n\
         give = new -> given\ngive.operations = may_set_owner\n\
         drop = given -> new\ndrop.operations = del_owner, set_resolution\n\
         drop.set_resolution = wontfix\n[ticket-status]\nnew = closed",
    );
    let nothing = Inputs::default();
    let give = scene("new").offer(&workflow, "give").unwrap();
    assert_eq!(give.owner.unwrap().default, "kim");
    assert_eq!(scene("new").apply(&workflow, "give", nothing).unwrap(), changed(Some("given"), None, None));
    let drop = scene("given").offer(&workflow, "drop").unwrap();
    assert_eq!(
        drop.hint,
        "Next status will be 'new'. The ticket will have no owner. The resolution will be set to wontfix."
    );
    assert!(drop.one_click && drop.resolution.unwrap().fixed);
    assert_eq!(
        scene("given").apply(&workflow, "drop", nothing).unwrap(),
        changed(Some("new"), Some(""), Some("wontfix"))
    );
}

#[test]
fn what_is_not_offered_is_refused_and_says_why() {
    let refused = |scene: Scene, action: &str, inputs| scene.apply(basic(), action, inputs).unwrap_err();
    let nothing = Inputs::default();
    for (scene, action, inputs, told) in [
        (scene("new"), "explode", nothing, "action: The workflow of this ticket has no action “explode”."),
        (scene("closed"), "resolve", nothing, "action: The action “resolve” is not for tickets in the state “closed”."),
        (new_ticket(), "leave", nothing, "action: The action “leave” is not for new tickets."),
        (scene("new"), "_reset", nothing, "action: The action “_reset” is not for tickets in the state “new”."),
        (
            Scene { permissions: &[], ..scene("new") },
            "resolve",
            nothing,
            "action: The action “resolve” needs the permission TICKET_MODIFY.",
        ),
        (
            Scene { owner: "sam", ..scene("accepted") },
            "accept",
            nothing,
            "action: The action “accept” would change nothing: the ticket is already yours.",
        ),
        (
            Scene { viewer: "", ..scene("new") },
            "accept",
            nothing,
            "action: The action “accept” makes you the owner, and only somebody signed in can be that.",
        ),
        (
            scene("new"),
            "resolve",
            with_resolution("forged"),
            "action_resolve_resolve_resolution: “forged” is no resolution that “resolve” can set.",
        ),
        (
            scene("new"),
            "accept",
            with_owner("tom"),
            "action_accept_reassign_owner: The action “accept” takes no owner.",
        ),
        (
            scene("new"),
            "leave",
            with_resolution("fixed"),
            "action_leave_resolve_resolution: The action “leave” sets no resolution.",
        ),
        (
            scene("new"),
            "reassign",
            with_owner("two\nlines"),
            "action_reassign_reassign_owner: An owner is one name of at most 200 characters.",
        ),
        (
            Scene { resolutions: Vec::new(), ..scene("new") },
            "resolve",
            nothing,
            "action: The action “resolve” sets a resolution, and this project has none.",
        ),
    ] {
        assert_eq!(refused(scene, action, inputs), told);
    }
}

#[test]
fn all_that_is_wrong_with_the_inputs_is_told_at_once() {
    let workflow = workflow(
        "create = <none> -> new\nend = new -> closed\nend.operations = set_owner, set_resolution\nend.set_owner = tom",
    );
    let both = Inputs { owner: Some("sam"), resolution: Some("forged"), ..Inputs::default() };
    assert_eq!(
        scene("new").apply(&workflow, "end", both).unwrap_err(),
        "action_end_reassign_owner: The action “end” can't give the ticket to “sam”.; \
         action_end_resolve_resolution: “forged” is no resolution that “end” can set."
    );
}

#[test]
fn accepting_is_hidden_only_where_it_changes_nothing() {
    let mine = |status| Scene { owner: "sam", ..scene(status) };
    assert!(!mine("accepted").names(basic()).contains(&"accept".to_owned()));
    assert!(mine("assigned").names(basic()).contains(&"accept".to_owned()));
    assert!(scene("accepted").names(basic()).contains(&"accept".to_owned()));
    let accept = mine("assigned").offer(basic(), "accept").unwrap();
    assert_eq!(accept.hint, "Next status will be 'accepted'. The owner will remain sam.");
    let also_resolves = workflow(
        "create = <none> -> new\nfix = closed -> closed\nfix.operations = set_owner_to_self, set_resolution\n\
         close = new -> closed",
    );
    assert_eq!(mine("closed").names(&also_resolves), ["fix"]);
}

#[test]
fn taking_and_resolving_need_one_click_and_reassigning_does_not() {
    let of = |scene: Scene| {
        let offers = scene.offers(basic());
        offers.into_iter().filter(|offer| offer.one_click).map(|offer| offer.name).collect::<Vec<_>>()
    };
    assert_eq!(of(scene("new")), ["leave", "resolve", "accept"]);
    // Without a default resolution somebody has to choose one.
    assert_eq!(of(Scene { default_resolution: "", ..scene("new") }), ["leave", "accept"]);
    let idle = |offers: Vec<Offer>| {
        offers.into_iter().filter(|offer| offer.changes_nothing).map(|offer| offer.name).collect::<Vec<_>>()
    };
    assert_eq!(idle(scene("new").offers(basic())), ["leave"]);
    assert_eq!(idle(new_ticket().offers(basic())), Vec::<String>::new());
    assert!(scene("new").offer(basic(), "accept").unwrap().operations.contains(&Operation::SetOwnerToSelf));
}

// --- Owners and resolutions to choose from ---

#[test]
fn owners_are_limited_by_logins_groups_and_permissions() {
    let choices = |kind: &str, list: &str, scene: Scene| {
        let workflow = workflow(&format!(
            "create = <none> -> new\nclose = new -> closed\ngive = * -> *\ngive.operations = {kind}\ngive.set_owner = {list}"
        ));
        scene.offer(&workflow, "give").map(|offer| offer.owner.unwrap()).map(|input| (input.choices, input.default))
    };
    let of = |people: &[&str]| Choices::Of(people.iter().map(|login| (*login).to_owned()).collect());
    for (list, people, default) in [
        ("tom, kim", of(&["kim", "tom"]), "kim"),
        ("tom, sam, tom", of(&["sam", "tom"]), "sam"),
        ("devs", of(&["ada", "tom"]), "ada"),
        ("TICKET_MODIFY", of(&["ada", "sam"]), "sam"),
        ("devs, kim, TICKET_MODIFY", of(&["ada", "kim", "sam", "tom"]), "sam"),
        ("authenticated", of(&["ada", "kim", "sam", "tom"]), "sam"),
        ("tom", Choices::Fixed("tom".to_owned()), "tom"),
        ("NO_SUCH_RIGHT, tom", Choices::Fixed("tom".to_owned()), "tom"),
    ] {
        assert_eq!(choices("set_owner", list, scene("new")), Some((people, default.to_owned())), "{list}");
    }
    assert_eq!(choices("set_owner", "nobody", scene("new")), None);
    // The owner it has can stay, whoever is on the list.
    assert_eq!(choices("may_set_owner", "devs", scene("new")), Some((of(&["kim", "ada", "tom"]), "kim".to_owned())));
    let unowned = Scene { owner: "", ..scene("new") };
    assert_eq!(choices("may_set_owner", "devs", unowned), Some((of(&["", "ada", "tom"]), String::new())));
}

#[test]
fn a_project_can_restrict_all_owners_to_those_who_may_change_tickets() {
    let restricted = Scene { restrict_owner: true, ..scene("new") };
    let input = restricted.offer(basic(), "reassign").unwrap().owner.unwrap();
    assert_eq!(input.choices, Choices::Of(vec!["ada".to_owned(), "sam".to_owned()]));
    assert!(restricted.apply(basic(), "reassign", with_owner("tom")).is_err());
    assert!(scene("new").apply(basic(), "reassign", with_owner("tom")).is_ok());
}

#[test]
fn a_list_of_resolutions_keeps_its_order_and_leaves_out_what_is_gone() {
    let limited = |list: &str| {
        workflow(&format!(
            "create = <none> -> new\nend = new -> closed\nend.operations = set_resolution\nend.set_resolution = {list}"
        ))
    };
    let input = |list: &str| scene("new").offer(&limited(list), "end").map(|offer| offer.resolution.unwrap());
    let two = input("wontfix, lost, invalid").unwrap();
    assert_eq!(two.choices, ["wontfix", "invalid"]);
    assert_eq!((two.default.as_str(), two.fixed), ("wontfix", false));
    assert_eq!(two.undefined, ["lost"]);
    assert_eq!(input("wontfix, fixed").unwrap().default, "fixed");
    assert!(input("lost, wontfix").unwrap().fixed);
    assert_eq!(input("lost"), None);
    assert!(scene("new").apply(&limited("wontfix"), "end", with_resolution("fixed")).is_err());
    assert_eq!(
        scene("new").apply(&limited("lost, gone"), "end", Inputs::default()).unwrap_err(),
        "action: The action “end” sets the resolution lost or gone, which this project does not have."
    );
}

#[test]
fn names_that_the_project_does_not_know_are_found() {
    let (workflow, _) = Workflow::parse(
        "create = <none> -> new\n\nend = new -> closed\nend.operations = set_resolution\n\
         end.set_resolution = fixed, lost\nend.permissions = TICKET_MODIFY, TICKET_ZAP\nend.require = owner, colour",
    );
    let known = |name: &str| matches!(name, "TICKET_MODIFY" | "TICKET_ADMIN");
    let found = workflow.unknown_names(&["fixed".to_owned()], &known, &|field| field == "owner");
    let found: Vec<_> = found.iter().map(|warning| (warning.line, warning.message.as_str())).collect();
    assert_eq!(
        found,
        [
            (3, "The action “end” requires “colour”, which is no field of tickets."),
            (3, "The action “end” sets the resolution “lost”, which does not exist."),
            (3, "The action “end” asks for “TICKET_ZAP”, which is no permission."),
        ]
    );
}

// --- The language ---

#[test]
fn order_is_by_default_and_then_from_z_to_a() {
    let workflow = workflow(
        "create = <none> -> new\nb = new -> closed\na = new -> closed\nlow = new -> closed\nlow.default = -1\n\
         high = new -> closed\nhigh.default = 7",
    );
    assert_eq!(scene("new").names(&workflow), ["high", "b", "a", "low"]);
}

#[test]
fn labels_are_written_or_made_of_the_name() {
    let workflow = workflow(
        "create_it = < none > -> new\none = new -> closed\none.name = older\none.label = newer\n\
         two = new -> closed\ntwo.name = older\n_go_on_ = new -> closed",
    );
    let labels = |scene: Scene| scene.offers(&workflow).into_iter().map(|offer| offer.label).collect::<Vec<_>>();
    assert_eq!(labels(scene("new")), ["older", "newer", "go on"]);
    assert_eq!(labels(new_ticket()), ["create it"]);
}

#[test]
fn any_one_permission_suffices() {
    let workflow =
        workflow("create = <none> -> new\nend = new -> closed\nend.permissions = TICKET_ADMIN, TICKET_CREATE");
    let with = |permissions| Scene { permissions, ..scene("new") };
    assert_eq!(with(&["TICKET_CREATE"]).names(&workflow), ["end"]);
    assert_eq!(
        with(&["TICKET_MODIFY"]).apply(&workflow, "end", Inputs::default()).unwrap_err(),
        "action: The action “end” needs one of the permissions TICKET_ADMIN, TICKET_CREATE."
    );
}

#[test]
fn a_star_as_the_new_state_stays_and_as_the_old_state_is_every_ticket() {
    let workflow = workflow("create = <none> -> new\nclose = * -> closed\nnote = new, closed -> *");
    assert_eq!(new_ticket().names(&workflow), ["create"]);
    assert_eq!(scene("new").names(&workflow), ["note", "close"]);
    assert_eq!(scene("gone").names(&workflow), ["close"]);
    let note = scene("closed").offer(&workflow, "note").unwrap();
    assert_eq!((note.next, note.changes_nothing), (None, true));
}

#[test]
fn a_reset_leads_to_new_or_to_where_tickets_begin_or_where_it_is_told() {
    let target = |text: &str, permissions| {
        let scene = Scene { permissions, ..scene("gone") };
        scene.offer(&Workflow::parse(text).0, "_reset").and_then(|offer| offer.next)
    };
    let admin: &[&str] = &["TICKET_ADMIN"];
    assert_eq!(target("create = <none> -> new\nend = new -> closed", admin).as_deref(), Some("new"));
    assert_eq!(target("create = <none> -> idea\nend = idea -> closed", admin).as_deref(), Some("idea"));
    assert_eq!(target("end = idea -> closed", admin), None);
    assert_eq!(target("create = <none> -> new", MAKER), None);
    let own = "create = <none> -> new\n_reset = -> review\n_reset.permissions = TICKET_MODIFY\n_reset.default = 2";
    assert_eq!(target(own, MAKER).as_deref(), Some("review"));
    assert_eq!(target("create = <none> -> new\n_reset.permissions = TICKET_MODIFY", MAKER).as_deref(), Some("new"));
}

#[test]
fn a_state_is_what_it_is_called_or_closed_by_a_resolution_or_by_its_old_name() {
    let states = |text: &str| {
        let workflow = Workflow::parse(text).0;
        let shown = workflow.states().iter().map(|state| format!("{} {}", state.name, state.category.name()));
        shown.collect::<Vec<_>>().join(", ")
    };
    let text = "create = <none> -> new\nend = new -> done\nend.operations = set_resolution\nold = done -> closed\n";
    assert_eq!(states(text), "new open, done closed, closed open");
    assert_eq!(
        states(&format!("{text}[ticket-status]\nnew = waiting\ndone = Open\n")),
        "new waiting, done open, closed closed"
    );
    assert_eq!(states("create = <none> -> new\nend = new -> closed"), "new open, closed closed");
    assert_eq!(
        states("create = <none> -> new\nend = new -> closed\n[ticket-status]\nnew=closed"),
        "new closed, closed open"
    );
    assert_eq!(basic().category("closed"), Category::Closed);
    assert_eq!(basic().category("gone"), Category::Open);
}

#[test]
fn a_definition_is_read_as_its_files_are_written() {
    let text = "\u{FEFF}; a comment\r\n\r\n[ticket-workflow]\r\n  # another\r\nCreate : <none> -> new\r\n\
                end = new,\r\n    waiting\r\n    -> closed\r\nEND.Permissions = TICKET_CREATE,\r\n\tTICKET_MODIFY\r\n\
                  ask = new -> waiting\r\n";
    let workflow = workflow(text);
    let end = workflow.actions().iter().find(|action| action.name == "end").unwrap();
    assert_eq!((end.line, end.from.as_slice()), (6, ["new".to_owned(), "waiting".to_owned()].as_slice()));
    assert_eq!(end.permissions, ["TICKET_CREATE", "TICKET_MODIFY"]);
    assert_eq!(scene("new").names(&workflow), ["end", "ask"]);
}

#[test]
fn what_is_not_understood_is_told_with_its_line_and_the_rest_holds() {
    let text = "create = <none> -> new
end = new -> closed
what is this
end.default = first
end.colour = red
end.operations = set_resolution, vote, del_resolution
[milestone-groups]
closed = closed
[ticket-workflow]
lost.label = Lost
twice = new -> new -> closed
star = new, * -> closed
start = <none> -> *
two = new -> closed, new
end.set_owner = kim
bad name = new -> closed
open = new -> <none>
end = new -> closed
triage = new -> *
triage.operations = triage
odd\u{7}
typo = nwe -> closed
[ticket-status]
new = asleep
closde = closed
[ticket-workflow]
never = -> closed";
    assert_eq!(
        warnings(text),
        [
            "2: “end.set_owner” limits an operation that the action does not have.",
            "3: “what is this” can't be understood: there is no “=” in it.",
            "4: “default” is a whole number, not “first”.",
            "5: Actions have no attribute “colour”; it is left out.",
            "6: There is no operation “vote”; it is left out.",
            "6: “set_resolution” and “del_resolution” both change the resolution; only “del_resolution” is done.",
            "7: The section “milestone-groups” is no part of a workflow; it is left out.",
            "10: The action “lost” has no line “lost = old -> new”; it is left out.",
            "11: An action is “twice = old states -> new state”; “new -> new -> closed” is not.",
            "12: “*” means any state only if it stands alone; it is left out.",
            "13: A new ticket has no state to stay in: “<none>” can't lead to “*”.",
            "14: “closed, new” can't be the new state of a ticket; it is one state, or “*”.",
            "16: “bad name” can't be the name of an action: letters, digits, “_” and “-”, at most 60 of them.",
            "17: “<none>” can't be the new state of a ticket; it is one state, or “*”.",
            "18: “end” is set twice; this one counts.",
            "19: The action “triage” has no operation that leads it anywhere; it is left out.",
            "20: There is no operation “triage”; it is left out.",
            "21: This line holds characters that can't be seen; it is left out.",
            "22: No action leads to the state “nwe”.",
            "24: A state is “open”, “waiting” or “closed”, not “asleep”.",
            "25: No action knows the state “closde”.",
            "27: The action “never” has no old state, so it is never offered.",
        ]
    );
    assert_eq!(scene("new").names(&Workflow::parse(text).0), ["star", "end"]);
    assert_eq!(
        warnings(""),
        [
            "0: No state is closed, so every ticket stays open for ever.",
            "0: No action has the old state “<none>”, so nobody can file a ticket.",
        ]
    );
}

// --- What real projects need (row W23) ---

#[test]
fn the_workflow_of_django_can_be_written() {
    let django = workflow(
        "create = <none> -> new
leave = * -> *
leave.operations = leave_status
leave.default = 1
assign = new, assigned -> assigned
assign.operations = set_owner
deassign = assigned -> new
deassign.operations = del_owner
resolve = * -> closed
resolve.operations = set_resolution
reopen = closed -> new
reopen.operations = del_resolution",
    );
    assert_eq!(scene("assigned").names(&django), ["leave", "resolve", "deassign", "assign"]);
    assert_eq!(
        scene("assigned").apply(&django, "deassign", Inputs::default()).unwrap(),
        changed(Some("new"), Some(""), None)
    );
    // Closing what is closed changes the resolution alone.
    let closed = Scene { resolution: "fixed", ..scene("closed") };
    assert_eq!(
        closed.apply(&django, "resolve", with_resolution("invalid")).unwrap(),
        changed(None, None, Some("invalid"))
    );
    assert_eq!(closed.offer(&django, "resolve").unwrap().hint, "The resolution will be set.");
}

#[test]
fn the_workflow_of_wordpress_can_be_written() {
    let wordpress = workflow(
        "create = <none> -> new
leave = * -> *
leave.operations = leave_status
leave.default = 1
review = new, assigned, accepted -> reviewing
review.operations = set_owner_to_self
reviewed = reviewing -> assigned
accept = new, assigned, reviewing -> accepted
accept.operations = set_owner_to_self
resolve_any = new, assigned, accepted, reviewing -> closed
resolve_any.label = resolve
resolve_any.operations = set_resolution
resolve_any.permissions = TICKET_ADMIN
resolve = new, assigned, accepted, reviewing -> closed
resolve.operations = set_resolution
resolve.set_resolution = invalid, wontfix
resolve.permissions = TICKET_CREATE
duplicate = new, assigned, accepted, reviewing -> closed
duplicate.label = mark as duplicate
duplicate.operations = set_duplicate_of
reopen = closed -> new
reopen.operations = del_resolution, del_duplicate_of
change_resolution = closed -> closed
change_resolution.operations = set_resolution
change_resolution.permissions = TICKET_MODIFY",
    );
    let visitor = Scene { permissions: &["TICKET_CREATE"], ..scene("reviewing") };
    assert_eq!(visitor.names(&wordpress), ["leave", "reviewed", "resolve", "duplicate", "accept"]);
    assert_eq!(visitor.offer(&wordpress, "resolve").unwrap().resolution.unwrap().choices, ["invalid", "wontfix"]);
    assert!(visitor.apply(&wordpress, "resolve", with_resolution("fixed")).is_err());
    let closed = Scene { resolution: "invalid", ..scene("closed") };
    assert_eq!(
        closed.apply(&wordpress, "change_resolution", with_resolution("duplicate")).unwrap(),
        changed(None, None, Some("duplicate"))
    );
    let of = |number| Inputs { duplicate_of: number, ..Inputs::default() };
    let offer = visitor.offer(&wordpress, "duplicate").unwrap();
    assert_eq!((offer.duplicate_of.as_deref(), offer.one_click), (Some("action_duplicate_duplicate_of"), false));
    assert_eq!(
        visitor.apply(&wordpress, "duplicate", of(Some(" 7 "))).unwrap(),
        Effect { duplicate_of: Some("7".to_owned()), ..changed(Some("closed"), None, Some("duplicate")) }
    );
    assert!(
        visitor.apply(&wordpress, "duplicate", of(None)).unwrap_err().starts_with("action_duplicate_duplicate_of: ")
    );
    assert!(visitor.apply(&wordpress, "reviewed", of(Some("7"))).unwrap_err().contains("does not ask"));
    assert_eq!(
        closed.apply(&wordpress, "reopen", Inputs::default()).unwrap(),
        Effect { duplicate_of: Some(String::new()), ..changed(Some("new"), None, Some("")) }
    );
}

// --- Guards ---

#[test]
fn an_action_can_be_for_one_kind_of_owner() {
    let rt = definition("rt");
    let owned_by = |owner: &'static str| Scene { owner, ..scene("open") }.names(&rt);
    let others = ["leave", "stall", "resolve", "reject"];
    let with = |more: &[&str]| {
        let mut names: Vec<String> = others.iter().chain(more).map(|name| (*name).to_owned()).collect();
        names[1..].sort_by(|one, other| other.cmp(one));
        names
    };
    assert_eq!(owned_by(""), with(&["take", "give"]));
    assert_eq!(owned_by("sam"), with(&["untake", "give"]));
    assert_eq!(owned_by("kim"), with(&["steal"]));
    let unowned = Scene { owner: "", ..scene("open") };
    assert_eq!(unowned.apply(&rt, "take", Inputs::default()).unwrap(), changed(None, Some("sam"), None));
    assert_eq!(
        scene("open").apply(&rt, "take", Inputs::default()).unwrap_err(),
        "action: The action “take” is not for tickets of somebody else."
    );
    assert_eq!(
        unowned.apply(&rt, "steal", Inputs::default()).unwrap_err(),
        "action: The action “steal” is not for tickets that nobody owns."
    );
    assert_eq!(
        Scene { owner: "sam", ..scene("open") }.apply(&rt, "untake", Inputs::default()).unwrap(),
        changed(None, Some(""), None)
    );
    let boss = Scene { permissions: &["TICKET_MODIFY", "TICKET_ADMIN"], ..scene("open") };
    assert_eq!(boss.apply(&rt, "reassign", with_owner("tom")).unwrap(), changed(None, Some("tom"), None));
    assert_eq!(
        warnings("create = <none> -> new\nend = new -> closed\nend.if_owner = me, they"),
        ["3: An owner is “nobody”, “me” or “another”, not “they”; it is left out."]
    );
}

#[test]
fn an_action_can_require_fields() {
    let workflow = workflow(
        "create = <none> -> new\nend = new -> closed\nend.operations = set_resolution, set_owner\n\
         end.require = Milestone, owner, resolution, nothing_like_that",
    );
    let empty = scene("new");
    let offer = empty.offer(&workflow, "end").unwrap();
    assert_eq!((offer.needs.as_slice(), offer.one_click), (["milestone".to_owned()].as_slice(), false));
    assert!(offer.hint.ends_with("It needs a value for milestone."), "{}", offer.hint);
    assert_eq!(
        empty.apply(&workflow, "end", with_owner("")).unwrap_err(),
        "field_milestone: The action “end” needs a value for milestone.; \
         field_owner: The action “end” needs a value for owner."
    );
    let filled = Scene { filled: &["milestone"], ..scene("new") };
    assert_eq!(
        filled.apply(&workflow, "end", with_owner("tom")).unwrap(),
        changed(Some("closed"), Some("tom"), Some("fixed"))
    );
}

#[test]
fn an_action_can_wait_for_what_the_ticket_depends_on() {
    let classroom = definition("classroom");
    let waiting = |waits_for| Scene { waits_for, ..scene("review") };
    let offer = waiting(&[3, 5]).offer(&classroom, "resolve").unwrap();
    assert_eq!(offer.waits_for, [3, 5]);
    assert_eq!(offer.hint, "Next status will be 'done'. Not as long as #3 and #5 are open.");
    assert!(!offer.one_click);
    assert_eq!(
        waiting(&[3]).apply(&classroom, "resolve", Inputs::default()).unwrap_err(),
        "action: The action “resolve” waits: #3 is open."
    );
    assert_eq!(
        waiting(&[1, 2, 3, 4, 5, 6, 7]).apply(&classroom, "resolve", Inputs::default()).unwrap_err(),
        "action: The action “resolve” waits: #1, #2, #3, #4, #5 and 2 others are open."
    );
    assert_eq!(
        waiting(&[]).apply(&classroom, "resolve", Inputs::default()).unwrap(),
        changed(Some("done"), None, None)
    );
    assert!(waiting(&[3]).apply(&classroom, "return", Inputs::default()).is_ok());
    let told = warnings("create = <none> -> new\nend = new -> closed\nend.require_closed_dependencies = perhaps");
    assert_eq!(told, ["3: “require_closed_dependencies” is “yes” or “no”, not “perhaps”."]);
}

// --- From one workflow to another ---

#[test]
fn a_ticket_of_another_workflow_arrives_where_it_belongs() {
    let classroom = definition("classroom");
    for (status, category, arrival) in [
        ("doing", Category::Open, Some("doing")),
        ("accepted", Category::Open, Some("todo")),
        ("infoneeded", Category::Waiting, Some("todo")),
        ("closed", Category::Closed, Some("done")),
    ] {
        assert_eq!(classroom.arrival(status, category), arrival, "{status}");
    }
    let endless = Workflow::parse("create = <none> -> idea").0;
    assert_eq!(endless.arrival("closed", Category::Closed), None);
    assert!(std::sync::Arc::ptr_eq(&compiled("create = <none> -> x"), &compiled("create = <none> -> x")));
}

// --- Hostile texts ---

#[test]
fn a_definition_has_bounds() {
    let many: String = (0..2000).map(|number| format!("a{number} = <none> -> s{number}\n")).collect();
    let (workflow, told) = Workflow::parse(&many);
    assert_eq!(workflow.actions().len(), 501, "500 and the reset");
    assert!(told.iter().any(|warning| warning.line == 501), "{told:?}");

    let long = format!("create = <none> -> new\n{}", "# nothing\n".repeat(10_000));
    let (workflow, told) = Workflow::parse(&long);
    assert_eq!(new_ticket().names(&workflow), ["create"]);
    assert!(told.iter().any(|warning| warning.message.contains("64 KiB")), "{told:?}");
    assert!(Workflow::parse(&"x".repeat(1 << 20)).0.actions().is_empty());

    assert_eq!(Workflow::parse(&"nonsense\n".repeat(5000)).1.len(), 101);

    // Nothing takes time in the square of the text.
    let states: String = (0..8000).map(|number| format!("{number}=open\n")).collect();
    let hostile = [
        "a.b=\n".repeat(13_000),
        format!("[ticket-status]\n{states}"),
        format!("a={}->b", "x,".repeat(30_000)),
        format!("a={}->b", (0..9000).map(|number| format!("{number},")).collect::<String>()),
        format!("a=b->c\n{}", " ,\n".repeat(20_000)),
    ];
    let took = cpu_time(|| {
        for text in &hostile {
            Workflow::parse(text);
        }
    });
    assert!(took < Duration::from_secs(3), "{took:?}");
}

/// xorshift: the same mutations on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap_or(0)
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        boundary(text, self.below(text.len() + 1))
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

const SPLINTERS: &[&str] = &[
    "\n",
    "\n  ",
    "=",
    ":",
    ".",
    ",",
    "->",
    "*",
    "<none>",
    "< none >",
    "[",
    "]",
    "[ticket-status]\n",
    "\nnew = closed\n",
    "_reset",
    "\n_reset = * -> new\n",
    "set_owner",
    "del_owner,",
    "set_owner_to_self,",
    "\nresolve.if_owner = me",
    "\nresolve.require = ",
    "\nresolve.require_closed_dependencies = yes\n",
    "del_duplicate_of,",
    "\nresolve.set_owner = ",
    ".default = 99999999999999999999",
    ".permissions = TICKET_ADMIN\n",
    "closed",
    "é",
    "\u{FEFF}",
    "\0",
    "\r",
    "#",
    ";",
    "\t",
];

#[test]
fn mutated_definitions_never_offer_what_is_not_permitted() {
    let mut dice = Dice(0x51d0_77ab_93c4_0e2f);
    for _ in 0..3000 {
        let mut text = shipped()[dice.below(shipped().len())].2.to_owned();
        for _ in 0..=dice.below(8) {
            let at = dice.place(&text);
            match dice.below(3) {
                0 => text.insert_str(at, SPLINTERS[dice.below(SPLINTERS.len())]),
                1 => {
                    let end = boundary(&text, (at + dice.below(40)).min(text.len()));
                    text.replace_range(at..end.max(at), "");
                }
                _ => {
                    let tail = text.split_off(at);
                    text.insert_str(0, &tail);
                }
            }
        }
        let (workflow, warnings) = Workflow::parse(&text);
        assert!(warnings.iter().all(|warning| warning.line <= text.lines().count()), "{text}");
        judge(&workflow, &text);
    }
}

/// What must hold of any workflow, for everybody in every state.
fn judge(workflow: &Workflow, text: &str) {
    let states = workflow.states().iter().map(|state| Some(state.name.as_str()));
    for status in states.chain([None, Some("gone"), Some("")]) {
        for (role, permissions) in ROLES {
            let scene = Scene { permissions, ..scene("") };
            scene.look(|situation| {
                let situation = Situation { status, ..*situation };
                let offers = workflow.offer(&situation);
                let offered: BTreeSet<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
                assert_eq!(offered.len(), offers.len(), "offered twice: {text}");
                for action in workflow.actions() {
                    let permitted = action.permissions.is_empty()
                        || action.permissions.iter().any(|name| permissions.contains(&name.as_str()));
                    let done = workflow.apply(&situation, &action.name, &Inputs::default());
                    assert_eq!(done.is_ok(), offered.contains(action.name.as_str()), "{} {role}: {text}", action.name);
                    assert!(permitted || done.is_err(), "{} is not for {role}: {text}", action.name);
                    if let Ok(effect) = done {
                        assert!(status.is_some() || effect.status.is_some(), "a ticket without a state: {text}");
                        assert!(effect.status.is_none_or(|next| workflow.defines(&next)), "{text}");
                    }
                }
            });
        }
    }
}
