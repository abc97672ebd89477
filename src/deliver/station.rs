//! A channel, built from its file and ready to be addressed.

use crate::adapt::Target;
use crate::channel::{Channel, Context, Reach};
use crate::diagnostic::Diagnostic;
use crate::site::{ChannelSpec, Site};

/// A channel with its description and what the adapter needs to know of it.
pub struct Station {
    pub spec: ChannelSpec,
    pub channel: Box<dyn Channel>,
    pub target: Target,
    /// How far its requests may go.
    pub reach: Reach,
}

impl Station {
    /// Builds one channel.
    ///
    /// # Errors
    /// A diagnostic in the channel's file.
    pub fn new(spec: &ChannelSpec, site: &Site, reach: Reach) -> Result<Self, Box<Diagnostic>> {
        let context = Context { channel: spec.name.clone(), site: site.name.clone(), reach };
        let channel = spec.build(context).map_err(|error| spec.setting(&error))?;
        let target = spec.target(channel.as_ref());
        Ok(Self { spec: spec.clone(), channel, target, reach })
    }

    /// Builds all channels of a site; those that cannot be built are diagnostics.
    pub fn all(site: &Site, reach: Reach, diagnostics: &mut Vec<Diagnostic>) -> Vec<Self> {
        let mut stations = Vec::new();
        for spec in &site.channels {
            match Self::new(spec, site, reach) {
                Ok(station) => stations.push(station),
                Err(diagnostic) => diagnostics.push(*diagnostic),
            }
        }
        stations
    }
}
