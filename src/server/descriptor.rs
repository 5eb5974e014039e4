//! A server as a value: which programs start it, which images hold it, which settings it reads and how it is lowered.
//! Each room of `product` that is a server fills one in; what is the same for all of them asks it.

use std::sync::LazyLock;

use crate::environment::ContainerSpec;
use crate::model::{Model, Table};
use crate::server::command::Started;
use crate::server::context::ProcessContext;
use crate::server::files::Files;
use crate::server::image::Image;
use crate::server::launch::Launch;
use crate::server::process::ProcessJoin;
use crate::server::settings::Spelled;
use crate::syntax::argv::{Argument, Step};

/// A server.
#[derive(Debug)]
pub struct Server {
    /// The programs that start it; none for the one that is called like it.
    pub programs: &'static [Program],
    /// The images that hold it.
    pub images: Images,
    /// The options of its command line.
    pub(crate) options: &'static [Spelled],
    /// Variables it reads as options: the option and the variable.
    pub(crate) variables: &'static [(&'static str, &'static str)],
    /// The settings of its configuration file that are read.
    pub(crate) in_file: &'static [&'static str],
    /// What its settings mean.
    pub(crate) table: Option<&'static LazyLock<Table>>,
    /// How it is lowered.
    pub(crate) reads: Reads,
    /// What programs come down to that start it with what files say: package managers, process managers.
    pub(crate) tools: Option<Tools>,
    /// How it is lowered from its files where no container mounts them: those of a folder, which are of one machine.
    pub on_machine: Option<OnMachine>,
}

/// Finds a server among the context's loose files.
pub type OnMachine = fn(&mut Model, &ProcessContext<'_>) -> Option<ProcessJoin>;

/// What a program with its arguments comes down to, with the files around it.
pub(crate) type Tools = fn(&dyn Files, &[Argument]) -> Option<Step>;

/// The process, or why what runs is not known: then nothing was added to the model.
pub(crate) type Lowered = Result<ProcessJoin, &'static str>;

/// From what a server is lowered.
#[derive(Debug)]
pub(crate) enum Reads {
    /// From the command that starts it.
    Command(fn(&mut Model, &Launch<'_>, &Started<'_>) -> Lowered),
    /// From its container, also where the image's own command starts it.
    Container(fn(&mut Model, &Launch<'_>) -> Lowered),
    /// It is known by name only: nothing else is claimed.
    Nothing,
}

/// A program that starts a server.
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    is_prefix: bool,
    first: FirstArgument,
}

/// What the first argument of a program must be for it to start the server.
#[derive(Debug)]
enum FirstArgument {
    Any,
    OneOf(&'static [&'static str]),
    NoneOf(&'static [&'static str]),
}

impl Program {
    /// A program by the last part of its path.
    pub const fn named(name: &'static str) -> Program {
        Program {
            name,
            is_prefix: false,
            first: FirstArgument::Any,
        }
    }

    /// Programs whose names begin so: `php-fpm` is `php-fpm8.3`, too.
    pub const fn prefix(name: &'static str) -> Program {
        Program {
            is_prefix: true,
            ..Program::named(name)
        }
    }

    /// Only with one of these as its first argument: `rails server`.
    pub const fn with(self, first: &'static [&'static str]) -> Program {
        Program {
            first: FirstArgument::OneOf(first),
            ..self
        }
    }

    /// Not with one of these as its first argument: `npm install`.
    pub const fn without(self, first: &'static [&'static str]) -> Program {
        Program {
            first: FirstArgument::NoneOf(first),
            ..self
        }
    }

    fn is(&self, name: &str, first: Option<&str>) -> bool {
        let named = match self.is_prefix {
            true => name.starts_with(self.name),
            false => name == self.name,
        };
        let is_one = |words: &[&str]| first.is_some_and(|first| words.contains(&first));
        named
            && match self.first {
                FirstArgument::Any => true,
                FirstArgument::OneOf(words) => is_one(words),
                FirstArgument::NoneOf(words) => !is_one(words),
            }
    }
}

/// The images that hold a server. A name without a folder in [`Images::called`] and [`Images::versioned`] is the last
/// part of an image's name, whoever made it; elsewhere, and with a folder, a name is one image of Docker Hub.
#[derive(Debug)]
pub struct Images {
    /// Images that start the server and hold nothing else: `haproxytech/haproxy-alpine`.
    pub official: &'static [&'static str],
    /// What the tag of an official image must contain to be one that starts it: `fpm`.
    pub tagged: &'static str,
    /// Images that are taken to start it, whoever made them.
    pub called: &'static [&'static str],
    /// Images whose tag is its version, beside those that are called like what `versions:` calls it.
    pub versioned: &'static [&'static str],
}

impl Images {
    /// No image is known to start the server.
    pub const NONE: Images = Images {
        official: &[],
        tagged: "",
        called: &[],
        versioned: &[],
    };

    /// Whether the tag of an image is the server's version; `name` is what `versions:` calls it.
    pub(crate) fn tell_version(&self, name: Option<&str>, image: &Image) -> bool {
        let is_called = |name: &str| match name.contains('/') {
            true => image.is_official(name),
            false => image.name() == name,
        };
        name.is_some_and(is_called) || self.versioned.iter().copied().any(is_called)
    }

    /// Whether it is one of the official images with the server.
    pub(crate) fn is_official(&self, image: &Image) -> bool {
        image.tag().contains(self.tagged) && self.official.iter().any(|name| image.is_official(name))
    }
}

impl Server {
    /// A server of which no more than the name is known; rooms say what they know of theirs.
    pub const BY_NAME: Server = Server {
        programs: &[],
        images: Images::NONE,
        options: &[],
        variables: &[],
        in_file: &[],
        table: None,
        reads: Reads::Nothing,
        tools: None,
        on_machine: None,
    };

    /// Whether a program, with its first argument, starts it; `name` is the server's own.
    pub(crate) fn is_started_by(&self, name: &str, program: &str, first: Option<&str>) -> bool {
        match self.programs {
            [] => program == name,
            programs => programs.iter().any(|own| own.is(program, first)),
        }
    }

    /// Whether an image starts it by its own command.
    pub(crate) fn is_started_in(&self, image: &Image) -> bool {
        self.images.called.contains(&image.name()) || self.images.is_official(image)
    }

    /// Whether a container runs one of the official images as it is.
    pub(crate) fn has_own_image(&self, spec: &ContainerSpec) -> bool {
        Image::written(spec).is_some_and(|image| self.images.is_official(&image))
    }
}
